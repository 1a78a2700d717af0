internal import Sweeping
internal import Tracking

extension SweepSpec.Objective {
  /// What of a series counts, where it is not the best: ` (last)`, ` (mean of the last 3)`.
  var selectionText: String {
    switch selection {
    case .best: ""
    case .last: " (last)"
    case .meanOfLast(let count): " (mean of the last \(count))"
    }
  }
}

extension SweepSpec {
  /// The objectives in a line: `maximize accuracy (last), minimize latency`.
  var objectiveText: String {
    ([objective] + otherObjectives).map { "\($0.goal.rawValue) \($0.metric)\($0.selectionText)" }
      .joined(separator: ", ")
  }

  /// Constraints, repeats and what ends the sweep beside its trials, as far as it has any; what it began with.
  var endPairs: [(String, String)] {
    var pairs: [(String, String)] = []
    if !constraints.isEmpty { pairs.append(("constraints", constraints.map(\.text).joined(separator: ", "))) }
    if repeats > 1 { pairs.append(("repeats", "each configuration \(repeats) times")) }
    if let resource { pairs.append(("resource", "\(resource.minimum) to \(resource.maximum) points")) }
    var ends: [String] = []
    if let timeout = limits.timeout { ends.append("timeout \(Value.real(timeout).plain) s") }
    if let target = completion.target { ends.append("target \(Value.real(target).plain)") }
    if let patience = completion.patience {
      let margin = completion.tolerance > 0 ? " by \(Value.real(completion.tolerance * 100).plain) %" : ""
      ends.append("\(patience) trials not improving\(margin)")
    }
    if let convergence = completion.convergence { ends.append("convergence \(Value.real(convergence).plain)") }
    if let total = completion.totalResource { ends.append("\(total) points in all") }
    if !ends.isEmpty { pairs.append(("ends at", ends.joined(separator: ", "))) }
    if let sentence = warmStartSentence { pairs.append(("began with", sentence)) }
    return pairs
  }
}
