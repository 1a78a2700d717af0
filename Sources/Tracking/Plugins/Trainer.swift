/// Executes a trial inside `runs`: parameters in, metrics and artifacts out, in a process of its own.
public protocol Trainer: Sendable {
  /// What the trainer says of itself; its options are its parameters.
  static var description: PluginDescription { get }

  /// Returns what is wrong with parameters that every trial gets and a space that trials draw from; empty when all is
  /// well. A parameter that it does not know is an error.
  static func problems(fixed: [String: Value], space: SearchSpace) -> [PluginProblem]

  /// The metrics that a trial logs, with the way that is better (nil where neither is).
  static var metrics: [(name: String, goal: Goal?)] { get }

  /// Makes the trainer.
  init()

  /// Trains, logging through the session.
  ///
  /// - Throws: whatever ended it; the message becomes the trial's reason.
  func train(in session: RunSession) throws -> TrainingEnd
}

/// How a training ended.
public enum TrainingEnd: Sendable, Equatable {
  /// As planned; a remark such as `stopped early: no improvement for 5 epochs`, or nothing.
  case finished(String)
  /// The numbers ran away; what was seen. The trial counts as finished with what it logged.
  case diverged(String)
  /// It was asked to yield and left a checkpoint.
  case yielded
}
