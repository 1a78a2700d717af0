internal import ArgumentParser
internal import PluginProcesses
internal import Sweeping
internal import Tracking

/// `runs plugin`.
struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Turns a built-in strategy or policy into a program of its own.",
    discussion: """
      Examples:
        runs plugin serve random
      """,
    subcommands: [PluginServeCommand.self])
}

/// `runs plugin serve`.
struct PluginServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answers requests to a built-in strategy or policy: one JSON line in, one out.",
    usage: "runs plugin serve <plugin> [<options>]",
    discussion: """
      The lines are told in docs/writing-an-outside-plugin.md; it ends when its standard input does. No store is needed.

      Examples:
        runs plugin serve random
        runs plugin serve bandit --kind policy
      """)

  @Argument(help: ArgumentHelp("The plugin.", valueName: "plugin"))
  var name: String

  @Option(help: ArgumentHelp("strategy or policy, where both have the name.", valueName: "kind"))
  var kind: String?

  @Flag(help: "Write each request's CPU milliseconds to standard error.")
  var timings = false

  /// Serves the plugin.
  func run() throws {
    guard kind == nil || kind == "strategy" || kind == "policy" else {
      throw CommandFailure(.usage, "'\(kind ?? "")' cannot be served; --kind is strategy or policy")
    }
    var server = PluginServer(try served(builtinPlugins()))
    try server.serve(timings: timings ? 2 : nil)
  }

  private func served(_ plugins: PluginCatalogue) throws -> ServedPlugin {
    if kind != "policy", let strategy = plugins.strategies[name] {
      return ServedPlugin(
        strategy: strategy.description, learnsFromResults: strategy.learnsFromResults,
        continuesTrials: strategy.continuesTrials,
        problems: { strategy.problems(options: $0, sweep: $1) }, make: { try strategy.make(options: $0, sweep: $1) })
    }
    if kind != "strategy", let policy = plugins.policies[name] {
      return ServedPlugin(
        policy: policy.description, problems: { policy.problems(options: $0, sweep: $1) },
        make: { try policy.make(options: $0, sweep: $1) })
    }
    let known = Array(plugins.strategies.keys) + Array(plugins.policies.keys)
    let hint = nearestName(to: name, among: known.sorted()).map { "; did you mean '\($0)'?" }
    let what = kind ?? "strategy or policy"
    throw CommandFailure(
      .notFound, "there is no built-in \(what) '\(name)'" + (hint ?? "; `runs plugins` lists them"))
  }
}
