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
