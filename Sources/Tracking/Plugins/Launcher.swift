/// A job that is to be started: one attempt at a run.
public struct Job: Sendable, Equatable {
  /// The name, `<run>.<attempt>`: a launcher starts each name at most once.
  public var name: String
  /// The program and its arguments.
  public var arguments: [String]
  /// Its whole environment.
  public var environment: [String: String]
  /// Where it is started.
  public var workingDirectory: String
  /// The job's own directory, which exists: `stdout` and `stderr` are written here, and what the launcher needs to
  /// find the job again.
  public var directory: String

  /// Describes a job.
  public init(
    name: String, arguments: [String], environment: [String: String], workingDirectory: String, directory: String
  ) {
    self.name = name
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.directory = directory
  }
}

/// Where a job is in its life.
public enum JobState: Sendable, Equatable {
  /// Never started here.
  case unknown
  /// Under way.
  case running
  /// Ended by itself with an exit code, 0...255.
  case exited(Int32)
  /// Ended by a signal.
  case signaled(Int32)
  /// Gone without a trace of how it ended.
  case lost
}

/// Starts jobs, finds them again by name after a restart of its own process, and ends them.
public protocol Launcher: Sendable {
  /// What the launcher says of itself.
  static var description: PluginDescription { get }

  /// Starts a job. A job of that name that was started before is left alone.
  ///
  /// - Throws: `.system` when it cannot be started.
  func launch(_ job: Job) throws

  /// Returns a job's state.
  func state(of name: String, in directory: String) throws -> JobState

  /// Asks the job's whole process group to end (SIGTERM); does nothing when it is not running.
  func interrupt(_ name: String, in directory: String) throws

  /// Ends the job's whole process group at once (SIGKILL), descendants that outlived it included.
  func kill(_ name: String, in directory: String) throws

  /// Waits until the state of one of the jobs may have changed, or for at most `milliseconds`.
  func wait(for jobs: [(name: String, directory: String)], milliseconds: Int) throws
}
