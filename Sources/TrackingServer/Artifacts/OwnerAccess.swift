internal import Tracking

extension RouteContext {
  /// Checks that a grant reaches a run: all of them do that are for no run alone.
  ///
  /// - Throws: 403.
  func allow(_ run: RunID?, by grant: AccessGrant) throws {
    guard let granted = grant.run else { return }
    var at = run
    for _ in 0..<64 {
      guard let id = at else { break }
      if id == granted { return }
      at = try found { try store.run(id).parent } ?? nil
    }
    throw APIError(.permissionDenied, "the token is for run '\(granted)' and those below it")
  }

  /// Checks that a grant reaches artifacts. A logged model belongs to the run that made it.
  ///
  /// - Throws: 403.
  func allow(_ owner: ArtifactOwner, by grant: AccessGrant) throws {
    switch owner {
    case .run(let run): try allow(run.id, by: grant)
    case .model(let model): try allow(model.source, by: grant)
    }
  }

  /// Checks that a grant allows to read artifacts of a run or a logged model, or the model's record.
  ///
  /// What a version of a registered model leads to is there for everyone to load, for a grant of another run too: a trial
  /// begins with a model that was registered before.
  ///
  /// - Parameter path: what is read; empty for all, or for the record.
  /// - Throws: 403.
  func allowReading(_ owner: ArtifactOwner, _ path: ArtifactPath, by grant: AccessGrant) throws {
    guard let refusal = try refusal(of: owner, to: grant) else { return }
    guard try isRegistered(owner, path, among: registeredPlaces()) else { throw refusal }
  }

  /// Returns those of logged models whose records a grant allows to read.
  func readable(_ models: [LoggedModel], by grant: AccessGrant) throws -> [LoggedModel] {
    guard grant.run != nil else { return models }
    let places = try registeredPlaces()
    let all = try ArtifactPath("")
    return try models.filter {
      try refusal(of: .model($0), to: grant) == nil || isRegistered(.model($0), all, among: places)
    }
  }

  private func refusal(of owner: ArtifactOwner, to grant: AccessGrant) throws -> APIError? {
    do {
      try allow(owner, by: grant)
      return nil
    } catch let error as APIError where error.code == .permissionDenied {
      return error
    }
  }

  // Where the files of all versions are.
  private func registeredPlaces() throws -> [String] {
    try store.modelVersions(of: nil).filter { $0.run != nil || $0.loggedModel != nil }.compactMap { version in
      try found { try downloadURI(version) }
    }
  }

  private func isRegistered(_ owner: ArtifactOwner, _ path: ArtifactPath, among places: [String]) throws -> Bool {
    let own: [String]
    switch owner {
    case .run(let run):
      let experiment = try store.experiment(named: run.experiment).id
      own = [ArtifactRoot.uri(ofRun: run.id, experiment: experiment), "runs:/\(run.id)"]
    case .model(let model):
      own = [ArtifactRoot.uri(ofModel: model.id, experiment: try store.experiment(named: model.experiment).id)]
    }
    let names = ([""] + path.names).joined(separator: "/") + "/"
    return places.contains { place in own.contains { ($0 + names).utf8.starts(with: (place + "/").utf8) } }
  }
}

extension Run {
  /// Checks that it takes changes.
  ///
  /// - Throws: 400 in MLflow's words.
  func checkIsActive() throws {
    guard deleted == nil else {
      throw APIError.invalid("The run \(id) must be in the 'active' state. Current state is deleted.")
    }
  }
}
