internal import ArgumentParser

/// The program: its commands in the order in which they are listed.
struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "Records experiments, tunes their hyperparameters, runs any trial again from its record.",
    discussion: """
      A run is named by its id, the beginning of one, SWEEP-K for trial K of a sweep, @last, @best or SWEEP@best. \
      The store is the nearest folder .runs from here upwards; --store or RUNS_STORE names another.

      Examples:
        runs sweep start examples/digits.yaml   tune, and show how it goes
        runs best @last                         the winner and its parameters
        runs reproduce @best                    run it again and compare every bit
        runs exec --param lr=0.1 -- python train.py
        runs list --filter "metrics.accuracy > 0.9 and params.optimizer = 'adam'"
      """,
    version: Program.version,
    groupedSubcommands: [
      CommandGroup(
        name: "Do",
        subcommands: [
          SweepCommand.self, AskCommand.self, TellCommand.self, ExecCommand.self, ReproduceCommand.self,
          ReplayCommand.self,
        ]),
      CommandGroup(
        name: "Look",
        subcommands: [
          ListCommand.self, ShowCommand.self, WhyCommand.self, BestCommand.self, CompareCommand.self,
          DiffCommand.self, MetricsCommand.self,
          LogsCommand.self,
        ]),
      CommandGroup(
        name: "Record",
        subcommands: [
          LogCommand.self, TagCommand.self, NoteCommand.self, ArtifactsCommand.self, ImportCommand.self,
          ExportCommand.self,
        ]),
      CommandGroup(
        name: "Check and set up",
        subcommands: [
          ServeCommand.self, TokenCommand.self, ModelCommand.self, FsckCommand.self, PluginsCommand.self,
          PluginCommand.self, CompletionsCommand.self, TrialRunCommand.self, BenchCommand.self,
        ]),
    ])
}
