public import Tracking

extension SQLTrackingStore {
  private func missing() -> TrackingError { TrackingError(.incompatible, "this store keeps no such records.") }

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
