import Tracking
import TrackingContracts

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

  /// Every distribution, 11 parameters.
  static let every = SearchSpace([
    ParameterSpace("uniform", .continuous(min: -2, max: 3, scale: .linear)),
    ParameterSpace("reverse", .continuous(min: 0.5, max: 0.999, scale: .reverseLog)),
    ParameterSpace("quniform", .quniform(min: 0, max: 1, q: 0.25)),
    ParameterSpace("loguniform", .loguniform(min: -9, max: 0)),
    ParameterSpace("qloguniform", .qloguniform(min: 0, max: 4, q: 2)),
    ParameterSpace("normal", .normal(mu: 1, sigma: 2)),
    ParameterSpace("qnormal", .qnormal(mu: 1, sigma: 5, q: 3)),
    ParameterSpace("lognormal", .lognormal(mu: 0, sigma: 1)),
    ParameterSpace("qlognormal", .qlognormal(mu: 2, sigma: 1, q: 1)),
    ParameterSpace("integer", .integer(min: 1, max: 1000, scale: .log)),
    ParameterSpace("choice", .categorical([1, "two", true])),
  ])

  /// A unit square.
  static let square = SearchSpace([
    ParameterSpace("x", .continuous(min: 0, max: 1, scale: .linear)),
    ParameterSpace("y", .continuous(min: 0, max: 1, scale: .linear)),
  ])
}
