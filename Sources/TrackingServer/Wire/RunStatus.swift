internal import Tracking

/// MLflow's states of a run.
enum RunStatus: String, CaseIterable {
  case running = "RUNNING"
  case scheduled = "SCHEDULED"
  case finished = "FINISHED"
  case failed = "FAILED"
  case killed = "KILLED"

  /// What a state of ours is called. A trial that a policy ended has done what it should: it is finished, and its tag
  /// `runs.state` tells.
  init(_ state: RunState) {
    switch state {
    case .scheduled, .queued: self = .scheduled
    case .running, .paused: self = .running
    case .finished, .pruned: self = .finished
    case .failed: self = .failed
    case .canceled: self = .killed
    }
  }

  /// Reads a name, or MLflow's number for it.
  static func read(_ value: Value) throws -> RunStatus {
    let numbers: [Int64: RunStatus] = [1: .running, 2: .scheduled, 3: .finished, 4: .failed, 5: .killed]
    let status =
      switch value {
      case .text(let text): RunStatus(rawValue: text)
      case .integer(let number): numbers[number]
      default: RunStatus?.none
      }
    guard let status else {
      throw APIError.invalid(
        "Invalid value \(value.json) for parameter 'status' supplied: it is one of "
          + "\(allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return status
  }

  /// The state of ours that an update brings a run into.
  var state: RunState {
    switch self {
    case .running: .running
    case .scheduled: .scheduled
    case .finished: .finished
    case .failed: .failed
    case .killed: .canceled
    }
  }
}
