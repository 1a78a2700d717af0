internal import ArgumentParser
internal import Tracking

/// `runs bench`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Prints benchmark tables; scripts/bench runs it.",
    shouldDisplay: false)

  @Argument(help: ArgumentHelp("What to measure.", valueName: "what"))
  var what: String

  @OptionGroup var common: CommonOptions

  /// Measures and prints.
  func run() throws {
    throw CommandFailure(.usage, "there is no benchmark '\(what)'")
  }
}

/// `runs model`.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Checks models that a built-in trainer left.",
    discussion: """
      Examples:
        runs model verify @best
        runs model verify model.tar.gz
      """,
    subcommands: [Verify.self])

  /// `runs model verify`.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Loads a model, checks its files and computes its self-test again, bit for bit.",
      discussion: """
        The model is a run's artifact `model`, a directory, or a model.tar.gz. The exit code is 1 when anything differs.

        Examples:
          runs model verify @best
          runs model verify ./model
          runs model verify model.tar.gz
        """)

    @Argument(
      help: ArgumentHelp("A run, a directory or a tarball.", valueName: "path|run"), completion: .file())
    var model: String

    @OptionGroup var common: CommonOptions

    /// Verifies the model.
    func run() throws {
      throw CommandFailure(.bug, "models are not verified yet")
    }
  }
}
