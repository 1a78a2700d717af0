extension SweepSpec {
  /// What is wrong with the resource for a strategy that compares trials by parts of a training, or with the lack of one;
  /// empty when all is well.
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
    guard resource.minimum < 1 || resource.maximum < resource.minimum else { return [] }
    return [
      PluginProblem(
        "resource", "the resource is \(resource.minimum) to \(resource.maximum); it must be 1 <= min <= max")
    ]
  }
}
