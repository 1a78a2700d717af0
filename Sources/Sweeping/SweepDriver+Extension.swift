public import Tracking

extension SweepDriver {
  /// Records new bounds for a sweep that nobody drives, as a decision; `drive` then goes on with it.
  ///
  /// - Returns: the sweep with its new bounds.
  /// - Throws: `.busy` naming the process that drives it; `.invalid` for bounds that it has used up already; `.conflict`
  ///   when what ended it would end it again.
  @discardableResult
  public func extend(_ sweep: RunID, by change: SweepSpec.Extension) throws -> Sweep {
    try store.checkIsWhole(sweep, toBe: "extended")
    var record = try store.extendedSweep(sweep)
    let lock = try SweepLock(sweep, paths: paths)
    return try withExtendedLifetime(lock) {
      guard !change.names.isEmpty else {
        throw TrackingError(.invalid, "the extension of sweep '\(sweep)' changes nothing; name a limit")
      }
      let trials = try store.trials(of: sweep, asOf: nil)
      if let wanted = change.maxTotalTrials, wanted <= trials.count {
        throw TrackingError(
          .invalid,
          "sweep '\(sweep)' has \(trials.count) trials already, and \(wanted) in all would be no more; give more")
      }
      if try store.run(sweep).state.isFinal { try checkEnd(of: record, change) }
      let before = try store.tags(of: sweep)[Sweep.extensionTag].flatMap { Int($0) } ?? 0
      try store.commit([
        .decide(
          Decision(
            sweep: sweep, kind: .extend, decider: "user", asOf: try store.lastEvent(of: sweep), trial: nil,
            reason: SweepDriver.sentence(change), details: change.value)),
        .setTag(sweep, name: Sweep.extensionTag, value: String(before + 1)),
      ])
      record.spec = record.spec.extended(by: change)
      return record
    }
  }

  // What ended a sweep and is not changed would end it again.
  private func checkEnd(of sweep: Sweep, _ change: SweepSpec.Extension) throws {
    guard let end = try store.decisions(of: sweep.run).last(where: { $0.kind == .end }),
      let rule = end.details["rule"]?.text
    else { return }
    if rule == "exhausted" {
      throw TrackingError(
        .conflict,
        "sweep '\(sweep.run)' ended because \(end.reason), so there is nothing left for a larger budget; start a sweep "
          + "with a larger space, and `--warm-start \(sweep.run)`")
    }
    let rules = SweepSpec.Extension.Rule.allCases.map(\.rawValue) + ["max_total_trials"]
    guard rules.contains(rule), !change.names.contains(rule) else { return }
    throw TrackingError(
      .conflict,
      "sweep '\(sweep.run)' ended because of \(rule) (\(end.reason)), which would end it again; give it another \(rule) too"
        + (rule == "max_total_trials" ? "" : ", or take it away with `--without \(rule)`"))
  }

  /// True when the sweep got new bounds after it ended last.
  func isExtendedSinceItsEnd(_ sweep: RunID) throws -> Bool {
    guard try store.tags(of: sweep)[Sweep.extensionTag] != nil else { return false }
    return try store.decisions(of: sweep).last { $0.kind == .end || $0.kind == .extend }?.kind == .extend
  }

  private static func sentence(_ change: SweepSpec.Extension) -> String {
    let members = (change.value.object ?? [:]).sorted { $0.key < $1.key }
    return "extended: "
      + members.map { name, value in value == .null ? "without \(name)" : "\(name) \(value.plain)" }
      .joined(separator: ", ")
  }
}
