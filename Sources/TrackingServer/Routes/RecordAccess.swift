internal import Tracking

extension RouteContext {
  /// Checks that a grant allows a call that reads.
  ///
  /// - Throws: 403.
  func checkReading(_ call: TrackingCall, _ arguments: Value, by grant: AccessGrant) throws {
    guard let granted = grant.run else { return }
    switch call {
    case .runs:
      guard let parent = (try? RunID(wire: arguments["query"]?["parent"] ?? .null)) else {
        throw Self.beyond(granted, "a search for runs must name it, or one below, as the parent")
      }
      try allow(parent, by: grant)
    case .runID, .experiments, .experiment, .registeredModels, .registeredModel, .modelVersions: break
    case .loggedModel, .modelFiles:
      let id: String = try WireFields(arguments, "the call").get("id")
      try allowReading(.model(store.loggedModel(id)), ArtifactPath(""), by: grant)
    case .accessTokens: throw Self.beyond(granted, "tokens are not among that")
    default: try allow(try? RunID(wire: arguments["run"] ?? .null), by: grant)
    }
  }

  /// Checks that a grant allows batches.
  ///
  /// - Throws: 403.
  func checkWriting(_ batches: [WriteBatch], by grant: AccessGrant) throws {
    for batch in batches {
      // Runs that a batch makes itself are not there to be looked up yet. Another batch cannot rely on that: this one may be
      // refused because there is such a run, of somebody else.
      var made: Set<RunID> = []
      for change in batch.changes {
        guard grant.scope == .admin || !change.takesAdmin else {
          throw APIError(
            .permissionDenied, "the token's scope is \(grant.scope.rawValue), and deletion and tokens take admin")
        }
        guard let granted = grant.run else { continue }
        switch change.place {
        case .run(let id) where made.contains(id): break
        case .run(let id): try allow(id, by: grant)
        case .made(let id, let parent):
          if parent.map({ !made.contains($0) }) ?? true { try allow(parent, by: grant) }
          made.insert(id)
        case .model(let id): try allow(store.loggedModel(id).source, by: grant)
        case .elsewhere: throw Self.beyond(granted, "experiments, the registry and tokens are not among that")
        }
      }
      guard grant.run != nil else { continue }
      for points in batch.points where !made.contains(points.run) { try allow(points.run, by: grant) }
    }
  }

  private static func beyond(_ run: RunID, _ what: String) -> APIError {
    APIError(.permissionDenied, "the token is for run '\(run)' and those below it; \(what)")
  }
}

extension Change {
  /// What a change concerns.
  enum Place {
    /// A run.
    case run(RunID)
    /// A run that it makes, and the one above.
    case made(RunID, parent: RunID?)
    /// A logged model, by its id.
    case model(String)
    /// None of them.
    case elsewhere
  }

  /// What the change concerns.
  var place: Place {
    switch self {
    case .createRun(let run): .made(run.id, parent: run.parent)
    case .declareSweep(let sweep): .run(sweep.run)
    case .decide(let decision): .run(decision.sweep)
    case .attach(let artifact): .run(artifact.run)
    case .transition(let run, _, _), .setParameter(let run, _), .setTag(let run, _, _), .setNote(let run, _),
      .setName(let run, _), .beginAttempt(let run, _, _, _), .endAttempt(let run, _, _, _), .observe(let run, _),
      .allow(let run, _), .detach(let run, _), .setTimes(let run, _, _), .delete(let run), .restore(let run),
      .addInputs(let run, _), .addOutputs(let run, _):
      .run(run)
    case .model(.create(let model)): model.source.map { .run($0) } ?? .elsewhere
    case .model(.setStatus(let id, _)), .model(.setParameter(let id, _, _)), .model(.setTag(let id, _, _)),
      .model(.log(let id, _)), .model(.attach(let id, _)), .model(.detach(let id, _)), .model(.delete(let id)):
      .model(id)
    case .experiment, .registry, .token: .elsewhere
    }
  }

  /// True for what only a token of the scope admin may do.
  var takesAdmin: Bool {
    switch self {
    case .delete, .restore, .experiment(.delete), .experiment(.restore), .model(.delete), .registry(.delete),
      .registry(.deleteVersion), .token:
      true
    default: false
    }
  }
}
