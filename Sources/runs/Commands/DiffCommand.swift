internal import ArgumentParser
internal import Tracking

/// `runs diff`.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows what two runs do not have in common: parameters, code, data, packages, environment, metrics.",
    usage: "runs diff <run> <run> [<options>]",
    discussion: """
      Code is compared line by line, as `diff -u` prints it; data and artifacts by their digests; metrics by every bit of \
      every point. The exit code is 0 when nothing differs and 1 when something does, as diff has it.

      Examples:
        runs diff q7k2-0 q7k2-7
        runs diff @best @last --only code
        runs diff q7k2-0 q7k2-7 --brief --json
      """)

  @Argument(help: ArgumentHelp("The first run.", valueName: "run"), completion: .custom(completeRuns))
  var first: String

  @Argument(help: ArgumentHelp("The second run.", valueName: "run"), completion: .custom(completeRuns))
  var second: String

  @Option(
    help: "Compare only this: parameters, code, data, packages, environment, metrics or artifacts; may be repeated.")
  var only: [RunDifference.Part] = []

  @Flag(name: [.short, .long], help: "Name the files of the code that differ, without their lines.")
  var brief = false

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Prints the comparison.
  func run() throws {
    let store = try common.openStore()
    let runs = try [first, second].map { try store.tracking.run(store.run($0)) }
    let parts = only.isEmpty ? RunDifference.Part.allCases : only
    let difference = try RunDifference(of: runs[0], and: runs[1], parts: parts, in: store)
    write(json ? difference.json.prettyJSON + "\n" : difference.text(on: common.out, isBrief: brief))
    if !difference.isEmpty { throw CommandFailure(.no) }
    if !difference.unknown.isEmpty { throw CommandFailure(.incomplete) }
  }
}

extension RunDifference.Part: ExpressibleByArgument {}
