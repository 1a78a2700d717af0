/// Reads what stands beside the runs: experiments, datasets, logged models, the model registry, tokens.
public protocol CatalogueReader: Sendable {
  /// Returns the experiments in the order of their numbers, deleted ones included.
  func experiments() throws -> [Experiment]

  /// Returns an experiment by its name, deleted or not.
  ///
  /// - Throws: `.notFound`.
  func experiment(named name: String) throws -> Experiment

  /// Returns an experiment by its number, deleted or not.
  ///
  /// - Throws: `.notFound`.
  func experiment(id: Int64) throws -> Experiment

  /// Returns the datasets that went into a run, in recorded order.
  func inputs(of run: RunID) throws -> [RunInput]

  /// Returns the logged models that came out of a run, in recorded order.
  func outputs(of run: RunID) throws -> [RunOutput]

  /// Returns a logged model, deleted or not.
  ///
  /// - Throws: `.notFound`.
  func loggedModel(_ id: String) throws -> LoggedModel

  /// Returns the logged models of experiments, newest first, deleted ones left out.
  ///
  /// - Parameters:
  ///   - experiments: names; empty for all.
  ///   - source: only those of this run; nil for all.
  func loggedModels(inExperiments experiments: [String], of source: RunID?) throws -> [LoggedModel]

  /// Returns the artifacts of a logged model, by path.
  func files(ofModel id: String) throws -> [LoggedModelFile]

  /// Returns the registered models, by name.
  func registeredModels() throws -> [RegisteredModel]

  /// Returns a registered model.
  ///
  /// - Throws: `.notFound`.
  func registeredModel(_ name: String) throws -> RegisteredModel

  /// Returns the versions of a registered model, or of all (nil), by name, then newest first.
  func modelVersions(of model: String?) throws -> [ModelVersion]

  /// Returns the tokens that were not revoked, oldest first.
  func accessTokens() throws -> [AccessToken]
}
