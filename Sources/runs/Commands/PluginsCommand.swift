internal import ArgumentParser
internal import PluginProcesses
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
    let programs = OutsideProgram.all(in: outsideFolders(common.storeFolder))
    let inside = builtinPlugins().descriptions
    var described = inside.map { Listed($0, path: nil) }
    // A built-in plugin goes before a program of its name.
    for program in programs
    where !inside.contains(where: { $0.kind == program.kind && $0.name == program.name })
      && (name == nil || name == program.name)
    {
      described.append(Listed(program))
    }
    // By kind, then by name, in one list.
    let kinds = PluginDescription.Kind.allCases
    described = kinds.flatMap { kind in
      described.filter { $0.kind == kind }.sorted { $0.name < $1.name }
    }
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
        Table.Column(title: "KIND"), Table.Column(title: "NAME"), Table.Column(title: "WHERE"),
        Table.Column(title: "WHAT IT DOES", isFlexible: true),
      ])
      for one in described {
        table.rows.append([
          Table.Cell(one.kind.rawValue, .dim), Table.Cell(one.name), Table.Cell(one.path ?? "built in", .dim),
          Table.Cell(one.summary),
        ])
      }
      return write(table.text(on: common.out))
    }
    for one in described {
      write(common.out.paint(one.name, .bold) + "  " + common.out.paint(one.kind.rawValue, .dim) + "\n")
      write("  \(one.summary)\n")
      if let path = one.path { write("  It is \(path).\n") }
      let noun = one.kind == .trainer ? "Parameters" : "Options"
      write(one.options.isEmpty ? "It takes no options.\n" : common.out.paint(noun, .bold) + "\n")
      write(RunRecord.pairs(one.options.map { ($0.name, $0.summary) }, on: common.out, wraps: true))
    }
  }
}

/// A plugin as it is listed.
@dynamicMemberLookup
private struct Listed {
  /// What it says of itself.
  var description: PluginDescription
  /// Where the program outside is; nil for a built-in plugin.
  var path: String?

  init(_ description: PluginDescription, path: String?) {
    self.description = description
    self.path = path
  }

  /// Asks a program what it is; one that does not say has the reason for its summary.
  init(_ program: OutsideProgram) {
    path = program.path
    switch program.checkedIntroduction(environment: inheritedEnvironment()) {
    case .success(let introduction): description = introduction.description
    case .failure(let error):
      description = PluginDescription(kind: program.kind, name: program.name, summary: error.message)
    }
  }

  subscript<Member>(dynamicMember member: KeyPath<PluginDescription, Member>) -> Member {
    description[keyPath: member]
  }

  var json: Value {
    [
      "kind": .text(self.kind.rawValue), "name": .text(self.name), "summary": .text(self.summary),
      "options": .list(self.options.map { ["name": .text($0.name), "summary": .text($0.summary)] }),
      "path": path.map { .text($0) } ?? .null,
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
