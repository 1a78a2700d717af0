internal import SQL
public import Tracking

extension SQLTrackingStore {
  private func missing() -> TrackingError { TrackingError(.incompatible, "this store keeps no such records.") }

  /// Records batches; see `TrackingWriter`.
  public func write(_ batches: [WriteBatch]) throws -> [Result<EventNumber, TrackingError>] { throw missing() }

  /// Returns the experiments in the order of their numbers.
  public func experiments() throws -> [Experiment] {
    try reading { connection in
      try connection.rows("SELECT id, name, created, runs FROM experiments ORDER BY id") {
        Experiment(
          id: try $0.integer(0), name: try $0.text(1), created: try $0.timestamp(2), updated: try $0.timestamp(2),
          runs: try $0.int(3))
      }
    }
  }

  /// Returns an experiment by its name.
  public func experiment(named name: String) throws -> Experiment { throw missing() }

  /// Returns an experiment by its number.
  public func experiment(id: Int64) throws -> Experiment { throw missing() }

  /// Returns the datasets that went into a run.
  public func inputs(of run: RunID) throws -> [RunInput] { throw missing() }

  /// Returns the logged models that came out of a run.
  public func outputs(of run: RunID) throws -> [RunOutput] { throw missing() }

  /// Returns a logged model.
  public func loggedModel(_ id: String) throws -> LoggedModel { throw missing() }

  /// Returns the logged models of experiments.
  public func loggedModels(inExperiments experiments: [String], of source: RunID?) throws -> [LoggedModel] {
    throw missing()
  }

  /// Returns the artifacts of a logged model.
  public func files(ofModel id: String) throws -> [LoggedModelFile] { throw missing() }

  /// Returns the registered models.
  public func registeredModels() throws -> [RegisteredModel] { throw missing() }

  /// Returns a registered model.
  public func registeredModel(_ name: String) throws -> RegisteredModel { throw missing() }

  /// Returns versions of registered models.
  public func modelVersions(of model: String?) throws -> [ModelVersion] { throw missing() }

  /// Returns the tokens that were not revoked.
  public func accessTokens() throws -> [AccessToken] { throw missing() }
}
