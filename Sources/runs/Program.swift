internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// The way from the command line to an exit code.
enum Program {
  /// The version that `runs --version` tells and that runs record.
  static let version = "0.1.0"

  /// Runs a command and returns its exit code.
  static func run(_ arguments: [String]) -> Int32 {
    // A limit on the sizes of files is an error of the write that meets it, not the end of the program. A handler, and not
    // "ignore", because programs that are started would inherit that.
    signal(SIGXFSZ) { _ in }
    do {
      try refuseUnknownCommand(arguments)
      var command = try Runs.parseAsRoot(arguments)
      try command.run()
      return ended(0)
    } catch {
      return failed(error)
    }
  }

  // The parser would call a misspelt command an unexpected argument.
  private static func refuseUnknownCommand(_ arguments: [String]) throws {
    var command: any ParsableCommand.Type = Runs.self
    var path = "runs"
    for argument in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return }
      guard let next = subcommands.first(where: { $0._commandName == argument }) else {
        // What names no subcommand is an argument of the one that need not be named.
        if command.configuration.defaultSubcommand != nil { return }
        let shown = subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        let hint = nearestName(to: argument, among: shown).map { "did you mean '\(path) \($0)'?" }
        throw CommandFailure(
          .usage, "there is no command '\(path) \(argument)'; " + (hint ?? "there is \(shown.joined(separator: ", "))"))
      }
      command = next
      path += " " + argument
    }
  }

  private static func failed(_ error: any Error) -> Int32 {
    switch error {
    case let failure as CommandFailure:
      if let message = failure.message { complain(message) }
      return ended(failure.exit.rawValue)
    case let passed as PassedExit:
      return ended(passed.code)
    case let failure as SpecFailure:
      failure.lines.forEach(remark)
      return ended(Exit.usage.rawValue)
    case let refusal as TrackingError:
      complain(refusal.message)
      return ended(refusal.exit.rawValue)
    default: return parserEnded(error)
    }
  }

  // What ArgumentParser throws: a help text that was asked for, or a command line that it cannot read.
  private static func parserEnded(_ error: any Error) -> Int32 {
    let code = Runs.exitCode(for: error)
    let text = Runs.fullMessage(for: error)
    if code.isSuccess {
      write(text.hasSuffix("\n") ? text : text + "\n")
      return ended(0)
    }
    if code == .validationFailure {
      complain(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
      return Exit.usage.rawValue
    }
    complain(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
    return Exit.bug.rawValue
  }

  // Output that could not be written is an error, or a full disk would pass for success.
  private static func ended(_ code: Int32) -> Int32 {
    Output.flush()
    guard let trouble = Output.trouble else { return code }
    complain("the output cannot be written: \(trouble)")
    return Exit.system.rawValue
  }
}

/// The exit code of a program that `runs exec` ran, handed through.
struct PassedExit: Error {
  /// The code.
  var code: Int32
}
