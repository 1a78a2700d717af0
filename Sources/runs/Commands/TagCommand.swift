internal import ArgumentParser
internal import Tracking

/// `runs tag`.
struct TagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag",
    abstract: "Sets, removes or prints a run's tags.",
    usage: "runs tag <run> [<name=value> ...] [<options>]",
    discussion: """
      Examples:
        runs tag q7k2 team=vision stage=candidate
        runs tag q7k2 --remove stage
        runs tag q7k2
      """)

  @OptionGroup var which: RunArgument

  @Argument(help: ArgumentHelp("Tags to set.", valueName: "name=value"))
  var tags: [String] = []

  @Option(help: ArgumentHelp("A tag to remove; may be repeated.", valueName: "name"))
  var remove: [String] = []

  @OptionGroup var common: GlobalOptions

  /// Sets, removes or prints.
  func run() throws {
    let store = try common.openRecords()
    let id = try store.run(which.run)
    var changes = try tags.map { text -> Change in
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw CommandFailure(.usage, "'\(text)' is no tag with its value; write it as team=vision")
      }
      return .setTag(id, name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
    let known = try store.tracking.tags(of: id)
    for name in remove {
      guard known[name] != nil else { throw CommandFailure(.notFound, "run '\(id)' has no tag '\(name)'") }
      changes.append(.setTag(id, name: name, value: nil))
    }
    if changes.isEmpty {
      for (name, value) in known.sorted(by: { $0.key < $1.key }) { write("\(name)=\(value)\n") }
    } else {
      try store.tracking.commit(changes)
    }
  }
}

/// `runs note`.
struct NoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note",
    abstract: "Writes, clears or prints a run's note.",
    usage: "runs note <run> [<text> ...] [<options>]",
    discussion: """
      Examples:
        runs note q7k2 the first one with the cleaned labels
        runs note q7k2 - < remarks.txt
        runs note q7k2
      """)

  @OptionGroup var which: RunArgument

  @Argument(help: ArgumentHelp("The note; - reads it from standard input.", valueName: "text"))
  var text: [String] = []

  @Flag(help: "Remove the note.")
  var clear = false

  @OptionGroup var common: GlobalOptions

  /// Writes, clears or prints.
  func run() throws {
    let store = try common.openRecords()
    let id = try store.run(which.run)
    if clear {
      guard text.isEmpty else { throw CommandFailure(.usage, "--clear takes no text") }
      try store.tracking.commit(.setNote(id, ""))
    } else if text == ["-"] {
      var lines = ""
      while let line = readLine(strippingNewline: false) { lines += line }
      while lines.last?.isNewline == true { lines.removeLast() }
      try store.tracking.commit(.setNote(id, lines))
    } else if !text.isEmpty {
      try store.tracking.commit(.setNote(id, text.joined(separator: " ")))
    } else {
      let note = try store.tracking.run(id).note
      if !note.isEmpty { write(note + "\n") }
    }
  }
}
