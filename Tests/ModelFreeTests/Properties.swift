import Testing
import Tracking
import TrackingContracts

/// What every strategy that learns keeps to while it learns.
enum Properties {
  /// A loss for any configuration: how far its parameters are from a third of their range, some of them failing.
  static func loss(_ values: [String: Value], in cube: UnitCube) -> Double? {
    let places = cube.point(of: values.map { Parameter($0.key, $0.value) })
    if let first = places.first, let first, first > 0.9 { return nil }
    return places.reduce(0) { $0 + ($1.map { ($0 - 0.33) * ($0 - 0.33) } ?? 0.1) }
  }

  /// Checks that each value is one of its domain, that no configuration comes twice, that the same seed gives the same
  /// proposals, also when the strategy is made anew before each ask, and that another seed gives others.
  static func check(
    _ type: any SearchStrategy.Type, options: [String: Value] = [:], in space: SearchSpace, trials: Int = 40,
    parallel: Int = 3
  ) throws {
    let cube = UnitCube(space)
    func run(seed: UInt64, restarting: Bool) throws -> Rehearsal {
      var rehearsal = try Rehearsal(type, options: options, in: space, seed: seed)
      for _ in 0..<(trials / parallel) {
        if restarting { try rehearsal.restart() }
        try rehearsal.run(parallel, parallel: parallel) { loss($0, in: cube) }
      }
      return rehearsal
    }
    let first = try run(seed: 4, restarting: false)
    let configurations = first.records.trials.map(\.parameters)
    #expect(Set(configurations.map(\.fingerprint)).count == configurations.count)
    for configuration in configurations {
      let values = configuration.byName
      #expect(space.configuration { values[$0.name] ?? .null }.fingerprint == configuration.fingerprint)
      for parameter in configuration {
        #expect(space[parameter.name]?.domain.member(matching: parameter.value) == parameter.value)
      }
    }
    #expect(try run(seed: 4, restarting: true).records.trials == first.records.trials)
    #expect(first.decisions.allSatisfy { !$0.reason.isEmpty && $0.details != .null || $0.reason.contains("random") })
    if case .exhausted = first.outlook { return }
    #expect(configurations.count == trials / parallel * parallel)
    #expect(try run(seed: 5, restarting: false).records.trials.map(\.parameters) != configurations)
  }
}
