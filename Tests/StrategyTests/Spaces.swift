import Tracking

/// Search spaces that the tests share.
enum Spaces {
  /// Five parameters, some of them conditional, infinitely many configurations.
  static let open = SearchSpace([
    ParameterSpace("learning_rate", .continuous(min: 1e-6, max: 0.5, scale: .log)),
    ParameterSpace("optimizer", .categorical(["sgd", "adam"])),
    ParameterSpace(
      "momentum", .continuous(min: 0, max: 0.999, scale: .reverseLog),
      conditions: [ParameterSpace.Condition(parameter: "optimizer", values: ["sgd"])]),
    ParameterSpace(
      "beta_1", .continuous(min: 1e-6, max: 0.999, scale: .linear),
      conditions: [ParameterSpace.Condition(parameter: "optimizer", values: ["adam"])]),
    ParameterSpace("mini_batch_size", .integer(min: 8, max: 512, scale: .log)),
  ])

  /// 3 x (1 + 4) = 15 configurations.
  static let finite = SearchSpace([
    ParameterSpace("width", .integer(min: 1, max: 3, scale: .linear)),
    ParameterSpace("kind", .categorical(["plain", "deep"])),
    ParameterSpace(
      "depth", .quniform(min: 2, max: 8, q: 2),
      conditions: [ParameterSpace.Condition(parameter: "kind", values: ["deep"])]),
  ])

  /// Azure's lab: learning rate and number of estimators.
  static let lab = SearchSpace([
    ParameterSpace("n_estimators", .categorical([10, 100])),
    ParameterSpace("learning_rate", .categorical([0.01, 0.1, 1.0])),
  ])
}
