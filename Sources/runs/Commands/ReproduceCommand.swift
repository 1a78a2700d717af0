internal import ArgumentParser
internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// `runs reproduce`.
struct ReproduceCommand: ParsableCommand {
  /// The tag of a repetition that names the run which it repeats.
  static let tag = "runs.reproduces"
  /// The tag of a repetition that says how it came out.
  static let verdictTag = "runs.verdict"

  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Runs a run again from its record alone and tells whether it came out the same.",
    usage: "runs reproduce <run> [<options>]",
    discussion: """
      The recorded code is unpacked, the inputs are checked against their digests, the surroundings are compared, and the \
      command or trainer is executed again as a new run with the tag runs.reproduces. Then every point of every metric and \
      every artifact is compared, bit for bit unless a tolerance is given; metrics of the system are passed over. The exit \
      code is 0 when all are identical or within tolerance, 1 when something differs, 7 when it cannot be run again here: \
      an input is missing or has changed, or the record lacks something; then nothing was run.

      Examples:
        runs reproduce @best
        runs reproduce q7k2-3 --dry-run
        runs reproduce q7k2-3 --rtol 1e-6 --rtol loss=1e-4 --only metrics
        runs reproduce q7k2-3 --in .venv --with-input data=/mnt/copy/train.csv
        runs reproduce q7k2-3 --export for-review
      """)

  @OptionGroup var which: RunArgument

  @Option(
    help: ArgumentHelp(
      "The largest relative deviation that counts as agreement, of all metrics or of one; may be repeated.",
      valueName: "[metric=]number"))
  var rtol: [String] = []

  @Option(help: ArgumentHelp("The largest absolute deviation, likewise.", valueName: "[metric=]number"))
  var atol: [String] = []

  @Option(help: "Compare only these: metrics or artifacts.")
  var only: ComparedKind?

  @Option(
    help: ArgumentHelp(
      "Pass a metric over; `name*` passes over all that begin so; may be repeated.", valueName: "metric"))
  var ignore: [String] = []

  @Option(
    name: .customLong("in"),
    help: ArgumentHelp(
      "Run in this environment: a virtual environment, a conda environment (folder or name), or docker:IMAGE.",
      valueName: "environment"))
  var place: String?

  @Option(
    help: ArgumentHelp("An input that is elsewhere now; may be repeated.", valueName: "name=path"))
  var withInput: [String] = []

  @Option(help: ArgumentHelp("Run the code in this folder instead of the recorded code.", valueName: "folder"))
  var withCode: String?

  @Flag(help: "Keep this shell's variables where they differ from the recorded ones.")
  var keepEnvironment = false

  @Flag(help: "Say what would be run, what differs and what is missing; run nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Write code, manifest and a plain shell script to a new folder for reviewers; run nothing.", valueName: "folder"),
    completion: .directory)
  var export: String?

  @Flag(help: "Print the verdict as JSON; the fields are listed in docs/cli.md.")
  var json = false

  @OptionGroup var common: GlobalOptions

  /// Refuses what does not go together.
  func validate() throws {
    if dryRun, export != nil { throw ValidationError("--dry-run and --export: give one of them.") }
  }

  /// Runs it again and prints the verdict.
  func run() throws {
    let rules = try rules()
    let store = try common.openStore()
    let original = try store.tracking.run(store.run(which.run))
    let plan = try RepetitionPlan(of: original, wishes: wishes(), in: store)
    if dryRun { return try tell(plan) }
    if let export { return try ReviewFolder(plan).write(to: absolute(export), common) }
    guard original.state.isFinal else {
      throw CommandFailure(
        .conflict, "'\(original.id)' is \(original.state.rawValue); it can be reproduced once it has ended")
    }
    guard plan.isPossible else {
      if json { write(Value.object(plan.members.merging(["run": .text(original.id.text)]) { $1 }).prettyJSON + "\n") }
      throw CommandFailure(
        .incomplete, "'\(original.id)' cannot be run again here: " + plan.obstacles.joined(separator: "; "))
    }
    try rules.check(against: try store.tracking.series(of: original.id).map(\.name))
    let expected = try ReproduceCommand.points(of: original.id, rules, in: store.tracking)
    let outcomes = try store.tracking.artifacts(of: original.id).filter { !ReproduceCommand.isRecord($0.name) }
    guard expected > 0 || !outcomes.isEmpty && original.state == .finished else {
      throw CommandFailure(
        .incomplete, "'\(original.id)' logged no metric and kept no artifact, so there is nothing to compare")
    }
    if !json { for line in plan.remarks { remark(line) } }
    let again = try repeated(plan, expected, rules)
    var comparison = try Reproduction(
      of: original.id, with: again.id, isComplete: original.state == .finished, rules: rules,
      passingOver: ReproduceCommand.records, in: store.tracking, artifacts: store.artifacts)
    if original.state == .failed, again.state != .failed {
      comparison.otherEnd = "it failed (\(original.reason)), and the repetition \(again.state.rawValue)"
    }
    try settle(plan, again, comparison.verdict.rawValue)
    try report(comparison, plan, again)
    if comparison.verdict == .different { throw CommandFailure(.no) }
  }

  /// Artifacts that are no outcome of a run.
  static let records: Set<String> = [Provenance.artifactName, Provenance.codeArtifactName]

  private static func isRecord(_ name: String) -> Bool { records.contains(name) }

  // MARK: - Options

  private func wishes() throws -> RepetitionPlan.Wishes {
    var wishes = RepetitionPlan.Wishes(keepsEnvironment: keepEnvironment)
    for text in withInput {
      let (name, path) = try ExecCommand.assignment(text, "input")
      guard access(path, F_OK) == 0 else {
        throw CommandFailure(.notFound, "--with-input \(name): there is no \(path)")
      }
      wishes.inputs[name] = absolute(path)
    }
    if let withCode {
      guard access(withCode + "/.", F_OK) == 0 else {
        throw CommandFailure(.notFound, "--with-code: there is no folder \(withCode)")
      }
      wishes.code = absolute(withCode)
    }
    if let place { try wishes.settle(in: place) }
    return wishes
  }

  private func rules() throws -> Reproduction.Rules {
    var rules = Reproduction.Rules(ignored: ignore)
    rules.comparesMetrics = only != .artifacts
    rules.comparesArtifacts = only != .metrics
    // Those of one metric after those of all, whose other half they keep.
    for isOfOne in [false, true] {
      for (texts, option, place) in [
        (rtol, "--rtol", \Reproduction.Tolerance.relative), (atol, "--atol", \Reproduction.Tolerance.absolute),
      ] {
        for text in texts {
          let equals = text.lastIndex(of: "=")
          let number = Double(equals.map { String(text[text.index(after: $0)...]) } ?? text)
          guard let number, number.isFinite, number >= 0 else {
            throw CommandFailure(.usage, "\(option) \(text): give a number of at least 0, or METRIC=NUMBER")
          }
          guard (equals != nil) == isOfOne else { continue }
          if let equals {
            rules.tolerances[String(text[..<equals]), default: rules.tolerance][keyPath: place] = number
          } else {
            rules.tolerance[keyPath: place] = number
          }
        }
      }
    }
    return rules
  }

  // MARK: - Running

  private func repeated(_ plan: RepetitionPlan, _ expected: Int, _ rules: Reproduction.Rules) throws -> Run {
    let store = plan.store
    let progress = ProgressDisplay(common: common)
    let began = Timestamp.now()
    func show(_ run: RunID) throws {
      guard progress.isShown else { return }
      let done = min(expected, try ReproduceCommand.points(of: run, rules, in: store.tracking))
      progress.show("running \(plan.original.id) again", done: done, total: expected, since: began)
    }
    defer { progress.end() }
    let again = try plan.execute(onTick: show)
    guard again.state == .finished || plan.original.state == .failed && again.state == .failed else {
      // What was accepted once and is refused now: the data, or the program, are not what they were.
      let isRefused = try store.tracking.attempts(of: again.id).last?.outcome == .exited(TrainerExit.refused)
      if case .trainer = plan.work, isRefused {
        throw CommandFailure(.incomplete, "the repetition \(again.id) \(again.state.rawValue): \(again.reason)")
      }
      try settle(plan, again, Reproduction.Verdict.different.rawValue)
      if json {
        let members: [String: Value] = [
          "run": .text(plan.original.id.text), "again": .text(again.id.text), "verdict": "different",
          "identical": false,
          "reason": .text("\(again.state.rawValue): \(again.reason)"),
        ]
        write(Value.object(plan.members.merging(members) { $1 }).prettyJSON + "\n")
      } else {
        write(causes(plan))
      }
      throw CommandFailure(
        .no,
        "different: the repetition \(again.id) \(again.state.rawValue): \(again.reason); `runs logs \(again.id)` shows its output"
      )
    }
    return again
  }

  // The run itself is told how its record came out, but not what other code, data or half of a comparison came to.
  private func settle(_ plan: RepetitionPlan, _ again: Run, _ word: String) throws {
    var changes: [Change] = [.setTag(again.id, name: ReproduceCommand.verdictTag, value: word)]
    if withInput.isEmpty, withCode == nil, only == nil, ignore.isEmpty, !keepEnvironment, place == nil {
      changes.append(.setTag(plan.original.id, name: Run.reproducedTag, value: word))
    }
    try plan.store.tracking.commit(changes)
  }

  private static func points(of run: RunID, _ rules: Reproduction.Rules, in reader: any TrackingReader) throws -> Int {
    try reader.series(of: run).reduce(0) { $0 + (rules.compares($1.name) ? $1.count : 0) }
  }

  // MARK: - Telling

  // What would be run, without running it.
  private func tell(_ plan: RepetitionPlan) throws {
    if json {
      var members = plan.members
      members["run"] = .text(plan.original.id.text)
      write(Value.object(members).prettyJSON + "\n")
    } else {
      let command = plan.arguments.joined(separator: " ")
      let code = plan.code.map { digest in
        "\(digest.hex.prefix(12)), \(counted(plan.recorded?.code?.manifest.files.count ?? 0, "file"))"
      }
      let inputs = (plan.recorded?.inputs ?? []).map { "\($0.name) = \(plan.movedInputs[$0.name] ?? $0.path)" }
      var pairs = [
        ("command", command), ("code", code ?? "none"),
        ("inputs", inputs.isEmpty ? "none" : inputs.joined(separator: ", ")),
      ]
      if let python = plan.recorded?.environment[.interpreter]["version"] { pairs.append(("interpreter", python)) }
      write(RunRecord.pairs(pairs, on: common.out, wraps: true))
      for line in plan.remarks { write(line + "\n") }
      write(causes(plan))
      let verdict = plan.isPossible ? "it can be run again here" : "it cannot be run again here"
      write(common.out.paint(verdict, plan.isPossible ? .green : .red) + "\n")
      for line in plan.obstacles { write("  " + line + "\n") }
    }
    if !plan.isPossible { throw CommandFailure(.incomplete) }
  }

  // What is not as it was recorded, the likeliest cause of another outcome first: data, code, then what is around.
  private func causes(_ plan: RepetitionPlan) -> String {
    guard plan.recorded != nil else { return "" }
    var table = Table(columns: [
      Table.Column(title: "WHAT DIFFERS", isFlexible: true), Table.Column(title: "RECORDED", isFlexible: true),
      Table.Column(title: "HERE", isFlexible: true), Table.Column(title: "", isOptional: true),
    ])
    for change in plan.inputChanges {
      for file in change.recorded.manifest.changes(to: change.present.manifest).prefix(5) {
        table.rows.append([
          Table.Cell("data: \(change.name)\(change.recorded.isFolder ? "/" + file.path : "")"),
          Table.Cell(String(change.recorded.digest.hex.prefix(12))),
          Table.Cell(String(change.present.digest.hex.prefix(12))),
          Table.Cell(file.kind.rawValue),
        ])
      }
    }
    if plan.wishes.code != nil {
      for change in plan.codeChanges.prefix(10) {
        table.rows.append([Table.Cell("code: \(change.path)"), "", "", Table.Cell(change.kind.rawValue)])
      }
    }
    for one in plan.surroundings.prefix(20) {
      let difference = one.difference
      table.rows.append([
        Table.Cell(difference.label), Table.Cell(difference.recorded ?? "none"),
        Table.Cell(difference.present ?? "none"),
        Table.Cell(one.isRestored ? "recorded value used" : "", .dim),
      ])
    }
    guard !table.rows.isEmpty else { return "inputs, code and surroundings are as they were recorded\n" }
    let rest = plan.surroundings.count - 20
    return table.text(on: common.out) + (rest > 0 ? "and \(rest) more; --json lists all\n" : "")
  }

  private func differencesWithoutEffect(_ plan: RepetitionPlan) -> String? {
    let names =
      plan.inputChanges.map { "data: \($0.name)" }
      + (plan.wishes.code == nil ? [] : plan.codeChanges.map { "code: \($0.path)" })
      + plan.surroundings.map { $0.difference.label + ($0.isRestored ? " (recorded value used)" : "") }
    guard !names.isEmpty else { return nil }
    let more = names.count > 5 ? ", and \(names.count - 5) more" : ""
    return "not as recorded, without effect: \(names.prefix(5).joined(separator: ", "))\(more)\n"
  }

  private func report(_ comparison: Reproduction, _ plan: RepetitionPlan, _ again: Run) throws {
    if json {
      var members = comparison.members.merging(plan.members, uniquingKeysWith: { $1 })
      members["run"] = .text(plan.original.id.text)
      members["again"] = .text(again.id.text)
      return write(Value.object(members).prettyJSON + "\n")
    }
    write(common.out.paint(comparison.sentence, comparison.verdict.style) + "\n")
    if plan.original.state != .finished {
      write("'\(plan.original.id)' was \(plan.original.state.rawValue), so only what it had logged is compared\n")
    }
    if comparison.verdict != .identical {
      write(comparison.table.text(on: common.out))
      for one in comparison.artifacts where !one.differing.isEmpty {
        let more = one.differing.count > 8 ? ", and \(one.differing.count - 8) more" : ""
        write("artifact \(one.name): \(one.differing.prefix(8).joined(separator: ", "))\(more)\n")
      }
      write(causes(plan))
    } else if let text = differencesWithoutEffect(plan) {
      write(text)
    }
    remark(common.err.paint("run \(again.id) repeats \(plan.original.id)", .dim))
  }
}

/// What `runs reproduce --only` compares.
enum ComparedKind: String, ExpressibleByArgument, CaseIterable {
  case metrics
  case artifacts
}

extension EnvironmentRecord.Difference {
  /// What it is called on a screen: `packages: numpy`.
  var label: String { "\(section.rawValue): \(name)" }
}
