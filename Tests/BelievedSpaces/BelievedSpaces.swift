public import Tracking

/// Spaces with priors, and losses over them, for the tests of strategies that heed what is believed.
public enum BelievedSpaces {
  /// Four numbers on three scales; nothing is believed, or a mean of each.
  public static func space(_ means: [Value]?, sigma: Double = 0.1) -> SearchSpace {
    func prior(_ index: Int) -> ParameterSpace.Prior? { means.map { .init(mean: $0[index], sigma: sigma) } }
    return SearchSpace([
      ParameterSpace("rate", .continuous(min: 1e-5, max: 1, scale: .log), prior: prior(0)),
      ParameterSpace("momentum", .continuous(min: 0, max: 0.999, scale: .reverseLog), prior: prior(1)),
      ParameterSpace("width", .integer(min: 8, max: 512, scale: .log), prior: prior(2)),
      ParameterSpace("drop", .continuous(min: 0, max: 1, scale: .linear), prior: prior(3)),
    ])
  }

  /// Means near the best of the bowl.
  public static let good: [Value] = [0.002, 0.85, 180, 0.25]
  /// Means far from it.
  public static let wrong: [Value] = [0.9, 0.0, 10, 0.97]

  /// A bowl with a ripple, on the scales; 0 at 0.001, 0.9, 128 and 0.2.
  public static func loss(_ values: [String: Value]) -> Double {
    let cube = UnitCube(space(nil))
    let at = cube.point(of: values.map { Parameter($0.key, $0.value) })
    let best = cube.point(of: [
      Parameter("rate", 0.001), Parameter("momentum", 0.9), Parameter("width", 128), Parameter("drop", 0.2),
    ])
    let steps = zip(at, best).map { ($0 ?? 0) - ($1 ?? 0) }
    let bowl = steps[0] * steps[0] * 4 + steps[1] * steps[1] + steps[2] * steps[2] * 2 + steps[3] * steps[3]
    return bowl + abs(steps[0] * steps[1]) + 0.3 * abs(steps[3])
  }

  /// A category, two parameters that depend on it and are believed of, and one number of which nothing is believed.
  public static let conditional = SearchSpace([
    ParameterSpace("kind", .categorical(["tree", "net", "line"])),
    ParameterSpace(
      "depth", .integer(min: 1, max: 30, scale: .linear), conditions: [.init(parameter: "kind", values: ["tree"])],
      prior: .init(mean: 6, sigma: 0.1)),
    ParameterSpace(
      "size", .ordinal(["tiny", "small", "medium", "large", "huge"]),
      conditions: [.init(parameter: "kind", values: ["net"])], prior: .init(mean: "large", sigma: 0.15)),
    ParameterSpace("rate", .continuous(min: 1e-4, max: 1, scale: .log), prior: .init(mean: 0.01, sigma: 0.1)),
    ParameterSpace("noise", .continuous(min: 0, max: 1, scale: .linear)),
  ])
}
