internal import Tracking

extension BayesianModel.Proposal {
  /// Why it is proposed, in a sentence.
  func reason(results: Int, pending: Int) -> String {
    let known = "\(results) results" + (pending == 0 ? "" : " and \(pending) trials under way")
    if isLeap { return "little is left to gain near the best, so the best chance of a leap after \(known)" }
    let largest = "the largest expected improvement" + (priorAddition == nil ? "" : ", weighted by the prior,")
    return origin == .near
      ? "\(largest) after \(known), near the best so far"
      : "\(largest) after \(known), found by looking everywhere"
  }

  /// The numbers that led to it.
  ///
  /// - Parameter prior: what the space's prior was given.
  func details(_ prior: PriorWeight?) -> [String: Value] {
    var members: [String: Value] = [
      "kind": .text(isLeap ? "leap" : origin.rawValue), "log_expected_improvement": .real(logImprovement),
      "predicted_mean": .real(mean), "predicted_sd": .real(sd),
    ]
    if let largestLogImprovement {
      // What is left to gain, which is what a sweep's `convergence` looks at first.
      members["expected_improvement"] = .real(PortableMath.exp(largestLogImprovement))
    }
    if let prior, let priorAddition {
      members["prior_exponent"] = .real(prior.exponent)
      members["log_prior"] = .real(priorAddition / prior.exponent)
    }
    return members
  }
}
