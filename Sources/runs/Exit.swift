internal import Tracking

/// The program's exit codes. Their meanings are told in docs/cli.md and never change.
enum Exit: Int32, Error, CaseIterable {
  /// Done, and where a question was asked the answer is yes.
  case done = 0
  /// The answer is no: not identical, not verified, nothing good came out of the sweep.
  case no = 1
  /// The command line, a filter, a file or a value cannot be read or makes no sense.
  case usage = 2
  /// No such store, run, metric, artifact or file.
  case notFound = 3
  /// The record's state forbids it, or a beginning of an id fits several runs.
  case conflict = 4
  /// What is stored is damaged, or written by a newer program.
  case damaged = 5
  /// The system refused: disk, permissions, a process that cannot be started, a database that stays locked.
  case system = 6
  /// The record lacks what it takes to do it again, or its data are not the same any more.
  case incomplete = 7
  /// An error of the program itself.
  case bug = 70
  /// Ctrl-C.
  case interrupted = 130
  /// SIGTERM.
  case terminated = 143

  /// What the code means, in a line.
  var meaning: String {
    switch self {
    case .done: "done; where a question was asked, the answer is yes"
    case .no: "the answer is no: not identical, not verified, or the sweep or run failed"
    case .usage: "the command line, a filter, a file or a value cannot be read or makes no sense"
    case .notFound: "no such store, run, metric, artifact or file"
    case .conflict: "the record's state forbids it, or the beginning of an id fits several runs"
    case .damaged: "what is stored is damaged, or was written by a newer program"
    case .system: "the system refused: disk, permissions, a process, a database that stays locked"
    case .incomplete: "the record lacks what it takes to run it again, or its data have changed"
    case .bug: "an error of the program itself"
    case .interrupted: "interrupted by Ctrl-C"
    case .terminated: "ended by SIGTERM"
    }
  }
}

/// Why a command ends with something else than 0.
struct CommandFailure: Error {
  /// The exit code.
  var exit: Exit
  /// What was asked, what was found, what to do now; nil when all has been said.
  var message: String?

  /// Makes a failure.
  init(_ exit: Exit, _ message: String? = nil) {
    self.exit = exit
    self.message = message
  }
}

extension TrackingError {
  /// The exit code for a refusal of the store.
  var exit: Exit {
    switch code {
    case .notFound: .notFound
    case .ambiguous, .conflict: .conflict
    case .invalid: .usage
    case .corrupt, .incompatible: .damaged
    case .busy, .full, .readOnly, .system: .system
    }
  }
}
