extension SweepSpec {
  /// What is wrong with the resource for a strategy that compares trials by parts of a training, or with the lack of one;
  /// empty when all is well. That trials with a part of the resource are not repeated is remarked upon.
  ///
  /// - Parameter strategy: its name, for the sentence.
  public func resourceProblems(for strategy: String) -> [PluginProblem] {
    guard let resource else {
      return [
        PluginProblem(
          "resource",
          "\(strategy) compares trials by what they reach with a part of a training, and the sweep does not say how long "
            + "one is; write `resource: {min: 1, max: N}`, N being how many points of '\(objective.metric)' a whole training "
            + "logs")
      ]
    }
    let remark = repeats > 1 ? [repeatsRemark(for: strategy)] : []
    guard resource.minimum < 1 || resource.maximum < resource.minimum else { return remark }
    return [
      PluginProblem(
        "resource", "the resource is \(resource.minimum) to \(resource.maximum); it must be 1 <= min <= max")
    ] + remark
  }

  private func repeatsRemark(for strategy: String) -> PluginProblem {
    PluginProblem(
      nil,
      "\(strategy) gives trials a part of the resource first, and such trials are not repeated, so `repeats: \(repeats)` "
        + "has little or no effect; leave it out, or take a strategy that trains each trial to its end",
      isError: false)
  }
}
