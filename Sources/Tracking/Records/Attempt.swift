/// One try at executing a run. It is recorded before the job is launched, so a job without a record cannot exist.
public struct Attempt: Sendable, Equatable {
  /// How an attempt ended.
  public enum Outcome: Sendable, Equatable {
    /// The process ended by itself with an exit code, 0...255.
    case exited(Int32)
    /// A signal ended the process.
    case signaled(Int32)
    /// It was asked to stop and did.
    case canceled
    /// It was gone without a trace of how it ended.
    case lost
    /// It never started; the reason is in `detail`.
    case failedToStart
  }

  /// The run.
  public var run: RunID
  /// The attempt's number in its run, from 1.
  public var number: Int
  /// The launcher's name.
  public var launcher: String
  /// True when the execution takes up where the attempt before it stopped (a checkpoint), so the points logged so
  /// far go on counting; false when it starts over and only its own points count.
  public var continues: Bool
  /// When it was recorded.
  public var started: Timestamp
  /// When it ended; nil while it is open.
  public var ended: Timestamp?
  /// How it ended; nil while it is open.
  public var outcome: Outcome?
  /// What a person needs to know of the end: the last lines of stderr, a launcher's message. May be empty.
  public var detail: String

  /// Makes an attempt of all its fields.
  public init(
    run: RunID, number: Int, launcher: String, continues: Bool, started: Timestamp, ended: Timestamp? = nil,
    outcome: Outcome? = nil, detail: String = ""
  ) {
    self.run = run
    self.number = number
    self.launcher = launcher
    self.continues = continues
    self.started = started
    self.ended = ended
    self.outcome = outcome
    self.detail = detail
  }

  /// The job's name, by which a launcher finds it again: `<run>.<attempt>`.
  public var job: String { "\(run).\(number)" }
}

extension Attempt.Outcome {
  /// The outcome as a record keeps it: `exited:0`, `signaled:9`, `canceled`, `lost`, `failed-to-start`.
  public var text: String {
    switch self {
    case .exited(let code): "exited:\(code)"
    case .signaled(let signal): "signaled:\(signal)"
    case .canceled: "canceled"
    case .lost: "lost"
    case .failedToStart: "failed-to-start"
    }
  }

  /// Reads the text form; nil when it is none.
  public init?(text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count == 2 ? Int32(parts[1]) : nil) {
    case ("exited", let code?): self = .exited(code)
    case ("signaled", let signal?): self = .signaled(signal)
    case ("canceled", nil) where parts.count == 1: self = .canceled
    case ("lost", nil) where parts.count == 1: self = .lost
    case ("failed-to-start", nil) where parts.count == 1: self = .failedToStart
    default: return nil
    }
  }
}
