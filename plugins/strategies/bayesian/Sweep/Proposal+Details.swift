internal import Tracking

extension BayesianModel.Proposal {
  /// Why it is proposed, in a sentence.
  func reason(results: Int, pending: Int) -> String {
    let known = "\(results) results" + (pending == 0 ? "" : " and \(pending) trials under way")
    if isLeap { return "little is left to gain near the best, so the best chance of a leap after \(known)" }
    return origin == .near
      ? "the largest expected improvement after \(known), near the best so far"
      : "the largest expected improvement after \(known), found by looking everywhere"
  }

  /// The numbers that led to it.
  var details: [String: Value] {
    [
      "kind": .text(isLeap ? "leap" : origin.rawValue), "log_expected_improvement": .real(logImprovement),
      "predicted_mean": .real(mean), "predicted_sd": .real(sd),
    ]
  }
}
