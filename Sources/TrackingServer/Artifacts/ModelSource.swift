internal import Tracking

/// Where a registered version's files are, as its maker says: a text that clients follow and that nothing here opens.
///
/// It is checked all the same, since whoever loads the model goes where it points: into the artifacts of the run or logged
/// model that the version names, to another version, or out to a store of the client's own (`s3:`, `gs:`, `https:`).
struct ModelSource {
  let text: String

  /// Checks a source.
  ///
  /// - Throws: 400 in MLflow's words.
  init(_ text: String, run: Run?, model: LoggedModel?, in context: RouteContext) throws {
    self.text = text
    guard text.utf8.count <= 500, let scheme = Self.scheme(text) else { throw Self.local(text) }
    try Self.checkCharacters(text)
    switch scheme {
    case "file", "": throw Self.local(text)
    case "runs":
      guard let run, Self.isBelow(text, "runs:/\(run.id)") else { throw Self.foreign(text, "run_id") }
    case "models":
      if let id = Self.loggedModel(text) {
        guard let model, model.id == id else { throw Self.foreign(text, "model_id") }
      } else if try context.version(at: text) == nil {
        throw Self.foreign(text, "model_id")
      }
    case "mlflow-artifacts":
      var roots: [String] = []
      if let run {
        roots.append(
          ArtifactRoot.uri(ofRun: run.id, experiment: try context.store.experiment(named: run.experiment).id))
      }
      if let model {
        roots.append(
          ArtifactRoot.uri(ofModel: model.id, experiment: try context.store.experiment(named: model.experiment).id))
      }
      guard roots.contains(where: { Self.isBelow(text, $0) }) else { throw Self.foreign(text, "run_id") }
    default:
      // The server's own routes under another name, and other servers' that keep files.
      guard !text.lowercased().contains("mlflow-artifacts") else { throw Self.foreign(text, "run_id") }
    }
  }

  // Before the first colon; nil where there is none, or what stands there is a drive.
  private static func scheme(_ text: String) -> String? {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let scheme = text[..<colon].lowercased()
    guard scheme.utf8.count > 1, let first = scheme.utf8.first, (97...122).contains(first),
      scheme.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || "+-.".utf8.contains($0) })
    else { return nil }
    return scheme
  }

  private static func checkCharacters(_ text: String) throws {
    guard let colon = text.firstIndex(of: ":") else { return }
    let names = text[text.index(after: colon)...].utf8.split(separator: UInt8(ascii: "/")).map { String($0)! }
    // As a path below something: without the host's empty names, and whatever it decodes to.
    guard !names.isEmpty, (try? ArtifactPath(names.joined(separator: "/"))) != nil else {
      // A host may bring a port and a name of its own, which are no names of files.
      if names.count > 1, names[0].contains(":"), (try? ArtifactPath(names.dropFirst().joined(separator: "/"))) != nil {
        return
      }
      throw APIError.invalid(
        "Invalid model version source: '\(text)'. If supplying a source as an http, https, local file path, ftp, "
          + "objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references "
          + "present. Please provide an absolute path.")
    }
  }

  private static func isBelow(_ text: String, _ root: String) -> Bool {
    text.utf8.elementsEqual(root.utf8) || text.utf8.starts(with: (root + "/").utf8)
  }

  /// The logged model that `models:/m-…` names; nil for any other address.
  static func loggedModel(_ text: String) -> String? {
    guard text.hasPrefix("models:/") else { return nil }
    let id = text.dropFirst("models:/".count)
    return id.hasPrefix("m-") && !id.contains("/") ? String(id) : nil
  }

  private static func local(_ text: String) -> APIError {
    .invalid(
      "Invalid model version source: '\(text.prefix(500))'. To use a local path as a model version source, the run_id "
        + "request parameter has to be specified and the local path has to be contained within the artifact directory of "
        + "the run specified by the run_id.")
  }

  private static func foreign(_ text: String, _ field: String) -> APIError {
    .invalid(
      "Invalid model version source: '\(text)'. It must lie within the artifacts of what the \(field) request parameter "
        + "names.")
  }
}

extension RouteContext {
  /// Returns the version that `models:/name/version`, `models:/name@alias` or `models:/name/stage` names; nil for none.
  func version(at address: String) throws -> ModelVersion? {
    guard address.hasPrefix("models:/") else { return nil }
    let rest = address.dropFirst("models:/".count)
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    do {
      if parts.count == 2 {
        let versions = try store.modelVersions(of: parts[0])
        if let number = Int(parts[1]) { return versions.first { $0.version == number } }
        if parts[1].lowercased() == "latest" { return versions.first }
        return versions.first { $0.stage.lowercased() == parts[1].lowercased() }
      }
      guard parts.count == 1, let at = rest.lastIndex(of: "@") else { return nil }
      let model = try store.registeredModel(String(rest[..<at]))
      let number = model.aliases[String(rest[rest.index(after: at)...])]
      return try store.modelVersions(of: model.name).first { $0.version == number }
    } catch let error as TrackingError where error.code == .notFound {
      return nil
    }
  }

  /// Returns where clients find the files of a version: what its source leads to when other versions and logged models are
  /// followed.
  func downloadURI(_ version: ModelVersion) throws -> String {
    var at = version
    for _ in 0..<16 {
      if let id = ModelSource.loggedModel(at.source) {
        let model = try loggedModel(id)
        return ArtifactRoot.uri(ofModel: id, experiment: try store.experiment(named: model.experiment).id)
      }
      guard let next = try self.version(at: at.source) else { return at.source }
      at = next
    }
    throw APIError.invalid("the source of version \(version.version) of '\(version.model)' leads round in a circle")
  }
}
