internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs plugins`.
struct PluginsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins",
    abstract: "Lists the strategies, policies, trainers and launchers, or what one of them can be told.",
    usage: "runs plugins [<plugin>] [<options>]",
    discussion: """
      Examples:
        runs plugins
        runs plugins image-classification
      """)

  @Argument(help: ArgumentHelp("A plugin, to list its options.", valueName: "plugin"))
  var name: String?

  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Prints the plugins.
  func run() throws {
    var described = builtinPlugins().descriptions
    if let name {
      let known = described.map(\.name)
      described = described.filter { $0.name == name }
      if described.isEmpty {
        let hint = nearestName(to: name, among: known).map { "; did you mean '\($0)'?" }
        throw CommandFailure(
          .notFound, "there is no plugin '\(name)'" + (hint ?? "; there is " + known.joined(separator: ", ")))
      }
    }
    if json { return write(Value.list(described.map(\.json)).prettyJSON + "\n") }
    guard name != nil else {
      var table = Table(columns: [
        Table.Column(title: "KIND"), Table.Column(title: "NAME"), Table.Column(title: "WHAT IT DOES", isFlexible: true),
      ])
      for one in described {
        table.rows.append([Table.Cell(one.kind.rawValue, .dim), Table.Cell(one.name), Table.Cell(one.summary)])
      }
      return write(table.text(on: common.out))
    }
    for one in described {
      write(common.out.paint(one.name, .bold) + "  " + common.out.paint(one.kind.rawValue, .dim) + "\n")
      write("  \(one.summary)\n")
      let noun = one.kind == .trainer ? "Parameters" : "Options"
      write(one.options.isEmpty ? "It takes no options.\n" : common.out.paint(noun, .bold) + "\n")
      write(RunRecord.pairs(one.options.map { ($0.name, $0.summary) }, on: common.out, wraps: true))
    }
  }
}

extension PluginDescription {
  /// The description as an object.
  var json: Value {
    [
      "kind": .text(kind.rawValue), "name": .text(name), "summary": .text(summary),
      "options": .list(options.map { ["name": .text($0.name), "summary": .text($0.summary)] }),
    ]
  }
}

/// `runs completions`.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Prints the completion script of a shell: bash, zsh or fish.",
    discussion: """
      Examples:
        runs completions bash > ~/.local/share/bash-completion/completions/runs
        runs completions zsh > ~/.zfunc/_runs
        runs completions fish > ~/.config/fish/completions/runs.fish
      """)

  @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "shell"), completion: .list(["bash", "zsh", "fish"]))
  var shell: String

  /// Prints the script.
  func run() throws {
    guard let known = CompletionShell(rawValue: shell) else {
      throw CommandFailure(.usage, "there is no completion script for '\(shell)'; there is one for bash, zsh and fish")
    }
    write(Runs.completionScript(for: known) + "\n")
  }
}
