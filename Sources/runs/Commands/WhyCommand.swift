internal import ArgumentParser
internal import Tracking

/// `runs why`.
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Tells why a run has these parameters, and why it ended.",
    usage: "runs why <run> [<options>]",
    discussion: """
      Of a trial: who chose its parameters, for what reason and with what numbers, what it went on from, its pauses, why \
      it ended, and its place among the trials. Of a sweep: what it was to do and why it ended. Of any other run: what \
      started it and how it ended. All of it is read from the records.

      Examples:
        runs why q7k2-3           trial 3 of a sweep
        runs why @last            the newest sweep, or run
        runs why @best --json     for a program
      """)

  @OptionGroup var which: RunArgument

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Explains the run.
  func run() throws {
    let store = try common.openRecords()
    let explanation = try Explanation.of(
      store.run(which.run), in: store.tracking, plugins: everyPlugin(in: store.folder), now: .now())
    write(json ? explanation.json.prettyJSON + "\n" : explanation.text(on: common.out))
  }
}
