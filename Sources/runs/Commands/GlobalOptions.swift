internal import ArgumentParser
internal import Tracking

/// When to use colours.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case always
  case never

  /// True, false, or nil to let the terminal and NO_COLOR decide.
  var isForced: Bool? { self == .auto ? nil : self == .always }
}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The store's folder, or the URL of a server; otherwise $RUNS_STORE, otherwise the nearest .runs from here upwards.",
      valueName: "folder"), completion: .directory)
  var store: String?

  @Option(help: ArgumentHelp("Colours: auto, always or never; auto heeds NO_COLOR.", valueName: "when"))
  var color: ColorChoice = .auto

  /// Standard output.
  var out: Screen { Screen.of(descriptor: 1, colour: color.isForced) }

  /// Standard error.
  var err: Screen { Screen.of(descriptor: 2, colour: color.isForced) }

  /// The folder of the store; where there is none yet, the one that a command which records would make.
  var storeFolder: String? { try? OpenStore.folder(named: store, creates: true) }

  /// Opens the store's records alone, which may be behind a server.
  func openRecords() throws -> OpenStore { try OpenStore.openRecords(named: store) }

  /// Opens the store to read from it.
  func openStore() throws -> OpenStore { try OpenStore.open(named: store, creates: false) }

  /// Opens the store to write to it, making `.runs` here where there is none.
  func openOrMakeStore() throws -> OpenStore { try OpenStore.open(named: store, creates: true) }
}

/// The forms for programs.
struct FormatOptions: ParsableArguments {
  @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
  var json = false

  @Flag(help: "Print CSV with a line of names.")
  var csv = false

  /// Refuses two forms at once.
  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv exclude each other; give one.") }
  }
}

/// A run that is named on the command line.
struct RunArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "An id or its unique beginning, SWEEP-K for trial K, @last, @best or SWEEP@best.", valueName: "run"),
    completion: .custom(completeRuns))
  var run: String
}

/// A sweep that is named on the command line.
struct SweepArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A sweep's id or its unique beginning, or @last.", valueName: "sweep"),
    completion: .custom(completeSweeps))
  var sweep: String
}

/// Returns ids for shell completion; nothing where there is no store.
@Sendable func completeRuns(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
  ids(of: Set(RunKind.allCases), prefix)
}

/// Returns sweeps' ids for shell completion.
@Sendable func completeSweeps(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
  ids(of: [.hyperdrive], prefix)
}

private func ids(of kinds: Set<RunKind>, _ prefix: String) -> [String] {
  guard let store = try? OpenStore.open(named: nil, creates: false),
    let page = try? store.tracking.runs(
      matching: RunQuery(kinds: kinds, limit: 200, includesDetails: false))
  else { return [] }
  return page.rows.map(\.run.id.text).filter { $0.hasPrefix(prefix) }
}
