internal import Tracking

/// The routes of artifacts: those that MLflow calls proxied, and the listings by run and by logged model.
enum ArtifactRoutes {
  private static let root = "/api/2.0/mlflow-artifacts/artifacts"
  private static let models = "/api/2.0/mlflow/logged-models/{id}/artifacts"

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.put, root + "/**", takesJSON: false, .upload { try upload($0, $1, context) }),
      Route(.get, root + "/**", .blocking { try download(ArtifactPath(segments: $0.rest), $0, context) }),
      Route(.delete, root + "/**", scope: .admin, takesJSON: false, .blocking { try delete($0, context) }),
      Route(.get, root, .blocking { try list($0, context) }),
      Route(.get, "/api/2.0/mlflow/artifacts/list", .blocking { try listOfRun($0, context) }),
      Route(.get, "/get-artifact", .blocking { try downloadOfRun($0, context) }),
      Route(.get, models + "/directories", .blocking { try listOfModel($0, context) }),
      Route(.get, models + "/files", .blocking { try downloadOfModel($0, context) }),
    ]
      + ["create", "complete", "abort"].map { deed in
        // Clients send the file whole when they are told so.
        Route(
          .post, "/api/2.0/mlflow-artifacts/mpu/\(deed)/**", takesJSON: false,
          .quick { request in
            _ = try ArtifactPath(segments: request.rest)
            throw APIError(
              .notImplemented, "Multipart upload is not supported for the current artifact repository")
          })
      }
  }

  // MARK: - By path

  private static func upload(
    _ request: APIRequest, _ body: any BodyStream, _ context: RouteContext
  ) throws -> APIReply {
    let path = try ArtifactPath(segments: request.rest)
    let (owner, below) = try context.artifactOwner(path)
    guard let name = below.names.last else { throw ArtifactPath.refusal }
    try context.allow(owner, by: request.grant)
    if case .run(let run) = owner { try run.checkIsActive() }
    let tree = try context.artifactTree(owner)
    guard try !tree.isDirectory(below) else {
      throw APIError.invalid("'\(below.text)' is a directory of artifacts; give the file another name")
    }
    for count in 1..<max(below.names.count, 1) {
      let above = below.prefix(count)
      guard try tree.file(at: above) == nil else {
        throw APIError.invalid("'\(above.text)' is an artifact and no directory; give the file another path")
      }
    }
    let stored = try context.artifacts.store(file: name, bytes: body.length.map { Int64($0) }) { try body.next() }
    let now = context.settings.clock()
    switch owner {
    case .run(let run):
      try context.commit([
        .attach(
          Artifact(
            run: run.id, name: below.text, digest: stored.digest, bytes: stored.bytes,
            contentBytes: stored.contentBytes, files: stored.files, time: now))
      ])
    case .model(let model):
      try context.commit([
        .model(
          .attach(
            model.id,
            LoggedModelFile(
              path: below.text, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
              time: now)))
      ])
    }
    return .empty
  }

  private static func download(
    _ path: ArtifactPath, _ request: APIRequest, _ context: RouteContext
  ) throws -> APIReply {
    guard let (owner, below) = try context.found({ try context.artifactOwner(path) }) else {
      throw APIError.notFound("No such artifact: '\(path.text)'")
    }
    return try download(below, of: owner, request, context)
  }

  private static func delete(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let path = try ArtifactPath(segments: request.rest)
    guard let (owner, below) = try context.found({ try context.artifactOwner(path) }), !below.names.isEmpty else {
      return .empty
    }
    try context.allow(owner, by: request.grant)
    if case .run(let run) = owner { try run.checkIsActive() }
    let tree = try context.artifactTree(owner)
    let recorded = tree.recorded(at: below)
    if recorded.isEmpty, try tree.file(at: below) != nil || tree.isDirectory(below) {
      throw APIError.invalid("'\(below.text)' is part of a tarball, which is kept or deleted as a whole")
    }
    switch owner {
    case .run(let run): try context.commit(recorded.map { .detach(run.id, artifact: $0) })
    case .model(let model): try context.commit(recorded.map { .model(.detach(model.id, path: $0)) })
    }
    return .empty
  }

  private static func list(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let path = try ArtifactPath(request.argument("path") ?? "")
    // MLflow lists a directory that is not there as an empty one.
    guard let (owner, below) = try context.found({ try context.artifactOwner(path) }) else { return .empty }
    try context.allowReading(owner, below, by: request.grant)
    return reply(try children(of: below, owner, context), root: nil, below: nil)
  }

  // MARK: - By owner

  private static func listOfRun(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let run = try run(request, context)
    let path = try ArtifactPath(request.argument("path") ?? "")
    try context.allowReading(.run(run), path, by: request.grant)
    let experiment = try context.store.experiment(named: run.experiment).id
    return reply(
      try children(of: path, .run(run), context), root: ArtifactRoot.uri(ofRun: run.id, experiment: experiment),
      below: path)
  }

  private static func listOfModel(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let model = try context.loggedModel(request.parameters["id"] ?? "")
    let path = try ArtifactPath(request.argument("artifact_directory_path") ?? "")
    try context.allowReading(.model(model), path, by: request.grant)
    let experiment = try context.store.experiment(named: model.experiment).id
    return reply(
      try children(of: path, .model(model), context),
      root: ArtifactRoot.uri(ofModel: model.id, experiment: experiment), below: path)
  }

  private static func downloadOfRun(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let path = try ArtifactPath(request.argument("path") ?? "")
    let run = try run(request, context)
    return try download(path, of: .run(run), request, context)
  }

  private static func downloadOfModel(_ request: APIRequest, _ context: RouteContext) throws -> APIReply {
    let path = try ArtifactPath(request.argument("artifact_file_path") ?? "")
    return try download(path, of: .model(try context.loggedModel(request.parameters["id"] ?? "")), request, context)
  }

  private static func download(
    _ path: ArtifactPath, of owner: ArtifactOwner, _ request: APIRequest, _ context: RouteContext
  ) throws -> APIReply {
    try context.allowReading(owner, path, by: request.grant)
    let missing = APIError.notFound("No such artifact: '\(path.text)'")
    do {
      guard let name = path.names.last, let file = try context.artifactTree(owner).file(at: path) else {
        throw missing
      }
      return try ArtifactReply.of(file, name: name, in: context.artifacts)
    } catch let error as TrackingError where error.code == .notFound {
      // The store's words name its folder.
      throw missing
    }
  }

  // MARK: - Parts

  private static func run(_ request: APIRequest, _ context: RouteContext) throws -> Run {
    guard let id = request.argument("run_id") ?? request.argument("run_uuid"), !id.isEmpty else {
      throw APIError.missing("run_id")
    }
    return try context.run(named: id)
  }

  private static func children(
    of path: ArtifactPath, _ owner: ArtifactOwner, _ context: RouteContext
  ) throws -> [ArtifactTree.Child] {
    do {
      return try context.artifactTree(owner).children(of: path)
    } catch let error as TrackingError where error.code == .notFound {
      throw APIError.notFound("the bytes of an artifact at '\(path.text)' are not in the store")
    }
  }

  // With the whole path below the owner, or with the names alone.
  private static func reply(_ children: [ArtifactTree.Child], root: String?, below: ArtifactPath?) -> APIReply {
    let prefix = below.map { $0.names.isEmpty ? "" : $0.text + "/" } ?? ""
    var pen = JSONPen()
    pen.object { pen in
      if let root { pen.field("root_uri", root) }
      pen.list("files", children) { pen, child in
        pen.object { pen in
          pen.field("path", prefix + child.name)
          pen.field("is_dir", child.bytes == nil)
          if let bytes = child.bytes { pen.field("file_size", bytes) }
        }
      }
    }
    return APIReply(json: pen)
  }
}
