public import Tracking

extension TrackingClient {
  /// Returns the experiments in the order of their numbers.
  public func experiments() throws -> [Experiment] { try call(.experiments) }

  /// Returns an experiment, deleted or not.
  public func experiment(named name: String) throws -> Experiment { try call(.experiment, ["name": name]) }

  /// Returns an experiment, deleted or not.
  public func experiment(id: Int64) throws -> Experiment { try call(.experiment, ["id": id]) }

  /// Returns the datasets that went into a run.
  public func inputs(of run: RunID) throws -> [RunInput] { try call(.inputs, ["run": run]) }

  /// Returns the logged models that came out of a run.
  public func outputs(of run: RunID) throws -> [RunOutput] { try call(.outputs, ["run": run]) }

  /// Returns a logged model.
  public func loggedModel(_ id: String) throws -> LoggedModel { try call(.loggedModel, ["id": id]) }

  /// Returns the logged models of experiments, newest first.
  public func loggedModels(inExperiments experiments: [String], of source: RunID?) throws -> [LoggedModel] {
    try call(.loggedModels, ["experiments": experiments, "run": source])
  }

  /// Returns the artifacts of a logged model, by path.
  public func files(ofModel id: String) throws -> [LoggedModelFile] { try call(.modelFiles, ["id": id]) }

  /// Returns the registered models, by name.
  public func registeredModels() throws -> [RegisteredModel] { try call(.registeredModels) }

  /// Returns a registered model.
  public func registeredModel(_ name: String) throws -> RegisteredModel {
    try call(.registeredModel, ["name": name])
  }

  /// Returns the versions of a registered model, or of all (nil).
  public func modelVersions(of model: String?) throws -> [ModelVersion] {
    try call(.modelVersions, ["name": model])
  }

  /// Returns the tokens that were not revoked; takes a token of the scope admin.
  public func accessTokens() throws -> [AccessToken] { try call(.accessTokens) }
}
