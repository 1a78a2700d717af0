internal import ArgumentParser
internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// `runs exec`.
struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Runs any command and records it as a run.",
    usage: "runs exec [<options>] -- <command> ...",
    discussion: """
      The command runs in a process group of its own; what it writes is shown and kept (`runs logs`), its exit code is \
      recorded and passed through. It finds RUNS_RUN_ID and RUNS_STORE in its environment, so `runs log loss=0.3` inside \
      it logs to this run, and RUNS_PARAM_<NAME> for every parameter, RUNS_INPUT_<NAME> for every input. Before it starts, \
      its code, inputs and environment are taken down, so that `runs reproduce` can run it again. Without a store here, \
      .runs is made. Its exit code is 127 when there is no such command, 126 when it cannot be executed.

      Examples:
        runs exec -- python train.py
        runs exec --experiment digits --param lr=0.1 --param seed=7 -- ./train.sh
        runs exec --input data=train.csv --seed 7 -- python train.py
      """)

  @Option(help: ArgumentHelp("A name for the run.", valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("The experiment that it belongs to.", valueName: "name"))
  var experiment = "Default"

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("A parameter; may be repeated. Numbers stay numbers.", valueName: "name=value"))
  var param: [String] = []

  @Option(help: ArgumentHelp("A tag; may be repeated.", valueName: "name=value"))
  var tag: [String] = []

  @Option(
    help: ArgumentHelp("The run that it is part of; otherwise $RUNS_RUN_ID, if set.", valueName: "run"),
    completion: .custom(completeRuns))
  var parent: String?

  @Option(
    help: ArgumentHelp(
      "A file or folder that the command reads; its digest is recorded. May be repeated.", valueName: "name=path"))
  var input: [String] = []

  @Option(help: ArgumentHelp("Handed to the command as RUNS_SEED, and recorded.", valueName: "number"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "An environment variable that is recorded beside those that always are; may be repeated.", valueName: "name"))
  var recordEnv: [String] = []

  @OptionGroup var codeOptions: CodeOptions

  @Flag(help: "Do not take the code down; the run cannot be reproduced then.")
  var noCode = false

  @Flag(help: "Note which files the command reads that are no declared inputs (slow; needs strace).")
  var traceInputs = false

  @Flag(name: [.short, .long], help: "Say nothing about the run.")
  var quiet = false

  @OptionGroup var common: GlobalOptions

  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command, after --.", valueName: "command"))
  var command: [String]

  /// Refuses an empty command.
  func validate() throws {
    if command.isEmpty { throw ValidationError("No command is given; write it after --: runs exec -- python train.py") }
  }

  /// Runs and records the command.
  func run() throws {
    let parameters = try param.map { text in
      let (name, value) = try ExecCommand.assignment(text, "parameter")
      return Parameter(name, Value(argument: value))
    }
    let tags = try tag.map { try ExecCommand.assignment($0, "tag") }
    let store = try common.openOrMakeStore()
    for name in recordEnv where VariableRules.isSecret(name) {
      remark("'\(name)' looks like the name of a secret, so only whether it is set is recorded")
    }
    let inputs = try declaredInputs()
    let trace = try traceInputs ? InputTrace() : nil
    let id = RunID(randomBits: .random(in: 0..<(.max)))
    let parent = try (self.parent ?? environment(TrialEnvironment.run)).map { try store.run($0) }
    let paths = SweepPaths(root: store.folder)
    let directory = paths.jobDirectory("\(id).1")
    try makeDirectory(directory)
    try Interrupts.watch()
    var variables = inheritedEnvironment()
    let taken = try takeDown(store, variables, inputs)
    var members: [String: Value] = ["command": .list(command.map { .text($0) })]
    if !parameters.isEmpty { members["parameters"] = .object(parameters.byName) }
    if let seed { members["seed"] = .text(String(seed)) }
    if let taken, !taken.provenance.inputs.isEmpty {
      members["inputs"] = .object(
        Dictionary(
          uniqueKeysWithValues: taken.provenance.inputs.map { input in
            let given = inputs[input.name].map { ["given": Value.text($0.given)] } ?? [:]
            return (input.name, .object((input.summary.object ?? [:]).merging(given, uniquingKeysWith: { $1 })))
          }))
    }
    let attached = (taken?.artifacts ?? [:]).sorted { $0.key < $1.key }
    try store.tracking.commit(
      [
        .createRun(
          NewRun(
            id: id, experiment: experiment, kind: .run, parent: parent, name: name, state: .running,
            origin: origin(members), parameters: parameters, tags: Dictionary(tags, uniquingKeysWith: { $1 }))),
        .beginAttempt(id, number: 1, launcher: "exec", continues: false),
      ] + attached.map { .attach(Artifact(run: id, name: $0.key, $0.value, time: .now())) })
    variables[TrialEnvironment.store] = store.folder
    variables[TrialEnvironment.run] = id.text
    variables[TrialEnvironment.attempt] = "1"
    variables[TrialEnvironment.job] = "\(id).1"
    variables[TrialEnvironment.jobDirectory] = directory
    variables[TrialEnvironment.log] = RunLogTail.path(inJobDirectory: directory)
    variables[TrialEnvironment.seed] = seed.map { String($0) }
    for (name, input) in inputs { variables[TrialEnvironment.inputPrefix + variableName(name)] = input.path }
    for parameter in parameters {
      variables[TrialEnvironment.parameterPrefix + variableName(parameter.name)] = parameter.value.plain
    }
    let code = try execute(id, trace?.wrapped(command, into: directory) ?? command, variables, directory, store)
    if let trace { try note(trace.undeclared(in: directory, besides: taken?.provenance), of: id, in: store) }
    if !quiet {
      let run = try store.tracking.run(id)
      let took = run.milliseconds(at: .now()).map { " in " + duration(milliseconds: $0) } ?? ""
      let reason = run.reason.isEmpty || run.state == .finished ? "" : ": " + run.reason
      remark(common.err.paint("run \(id) \(run.state.rawValue)\(took)\(reason)", .dim))
    }
    if code != 0 { throw PassedExit(code: code) }
  }

  // As they were written, and as absolute paths.
  private typealias DeclaredInput = (given: String, path: String)

  private func declaredInputs() throws -> [String: DeclaredInput] {
    var found: [String: DeclaredInput] = [:]
    for text in input {
      let (name, path) = try ExecCommand.assignment(text, "input")
      guard access(path, F_OK) == 0 else { throw CommandFailure(.notFound, "the input '\(name)': there is no \(path)") }
      found[name] = (path, absolute(path))
    }
    return found
  }

  // What cannot be taken down does not keep the command from running: it is said, and the record is without it.
  private func takeDown(
    _ store: OpenStore, _ variables: [String: String], _ inputs: [String: DeclaredInput]
  ) throws -> Capture.Taken? {
    let directory = workingDirectory()
    let folder = noCode ? nil : Capture.folder(ofCodeIn: directory)
    func take(_ folder: String?) throws -> Capture.Taken {
      try Capture(store: store, fileLimit: codeOptions.fileLimit).take(
        code: folder, arguments: command, directory: directory, variables: variables,
        inputs: inputs.mapValues(\.path), alsoWanted: Set(recordEnv))
    }
    do {
      let taken = try take(folder)
      if !quiet {
        for (path, reason) in taken.provenance.code?.leftOut ?? [] {
          remark("left out of the code: \(path) (\(reason))")
        }
      }
      return taken
    } catch let error as TrackingError where folder != nil && (error.code == .invalid || error.code == .system) {
      if !quiet { remark("the code is not taken down: \(error.message)") }
      return try take(nil)
    }
  }

  private func note(_ undeclared: [String: Digest], of id: RunID, in store: OpenStore) throws {
    guard !undeclared.isEmpty else { return }
    let digests = Value.object(undeclared.mapValues { .text($0.hex) })
    try store.tracking.commit(.setTag(id, name: InputTrace.tag, value: digests.json))
    guard !quiet else { return }
    for path in undeclared.keys.sorted() { remark("read and not declared: \(path)") }
  }

  private func execute(
    _ id: RunID, _ command: [String], _ variables: [String: String], _ directory: String, _ store: OpenStore
  ) throws -> Int32 {
    var tee = try Tee(into: directory)
    let terminal = TerminalControl()
    let child: ChildProcess
    do {
      child = try ChildProcess.start(
        command, environment: variables, output: tee.ends.output, errors: tee.ends.errors)
    } catch let failure as ChildProcess.StartFailure {
      let message = "'\(command[0])' cannot be started: \(failure.message)"
      try store.tracking.commit([
        .endAttempt(id, number: 1, .failedToStart, detail: message),
        .transition(id, to: .failed, reason: message),
      ])
      complain(message)
      return failure.number == ENOENT ? 127 : 126
    }
    terminal.lend(to: child)
    var passedOn = 0
    var log = try RunLogTail(
      jobDirectory: directory, workingDirectory: workingDirectory(), run: id, attempt: 1, isNew: true,
      store: store.tracking, artifacts: store.artifacts)
    var looked = Timestamp.now()
    let end = try tee.run(child) { child in
      terminal.followStop(of: child)
      guard Interrupts.count > passedOn else { return }
      child.send(passedOn == 0 ? Interrupts.signal : SIGKILL)
      passedOn = Interrupts.count
    } onTick: {
      guard looked.milliseconds(to: .now()) >= 200 else { return }
      looked = .now()
      // What cannot be read or recorded now is tried again, at the latest when the command has ended.
      if case .some(.some(let problem)) = try? log.read(isEnd: false, now: looked) { complain(problem) }
    }
    terminal.takeBack()
    var changes = ExecCommand.changes(id, end, tee.lastErrorLine, wasInterrupted: passedOn > 0)
    do {
      if let problem = try log.read(isEnd: true, now: .now()) { complain(problem) }
    } catch {
      // How the command ended is to be recorded all the same.
      try store.tracking.commit(changes)
      throw error
    }
    if log.hasRead { changes.append(.setTag(id, name: SweepTag.logRead, value: nil)) }
    try store.tracking.commit(changes)
    return end.code
  }

  // What the end of the program means for its run.
  private static func changes(
    _ id: RunID, _ end: ChildProcess.End, _ lastError: String?, wasInterrupted: Bool
  ) -> [Change] {
    let tail = lastError.map { ": " + $0 } ?? ""
    switch end {
    case .exited(0):
      return [
        .endAttempt(id, number: 1, .exited(0), detail: ""), .transition(id, to: .finished, reason: ""),
      ]
    case _ where wasInterrupted, .signaled(SIGINT):
      return [
        .endAttempt(id, number: 1, .canceled, detail: end.outcome.text),
        .transition(id, to: .canceled, reason: "interrupted (\(end.outcome.text))"),
      ]
    case .exited(let code):
      return [
        .endAttempt(id, number: 1, .exited(code), detail: lastError ?? ""),
        .transition(id, to: .failed, reason: "exit code \(code)" + tail),
      ]
    case .signaled(let signal):
      return [
        .endAttempt(id, number: 1, .signaled(signal), detail: lastError ?? ""),
        .transition(id, to: .failed, reason: "ended by signal \(signal)" + tail),
      ]
    }
  }

  /// Splits `name=value`.
  static func assignment(_ text: String, _ noun: String) throws -> (String, String) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw CommandFailure(.usage, "'\(text)' is no \(noun) with its value; write it as name=value")
    }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

/// Returns a parameter's name as environment variables spell it: upper case, `_` for what is neither letter nor digit.
func variableName(_ name: String) -> String {
  String(name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
}

/// Returns what a run records of the process that started it.
func origin(_ members: [String: Value]) -> Value {
  var all: [String: Value] = [
    "program": .text("runs \(Program.version)"), "directory": .text(workingDirectory()),
    "process": .integer(Int64(getpid())),
  ]
  var name = [CChar](repeating: 0, count: 256)
  if gethostname(&name, name.count - 1) == 0 {
    all["host"] = .text(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
  all.merge(members, uniquingKeysWith: { $1 })
  return .object(all)
}

/// Makes a directory and those above it; one that is there is fine.
func makeDirectory(_ path: String) throws {
  if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  if errno == ENOENT, parent(of: path) != path {
    try makeDirectory(parent(of: path))
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  }
  throw CommandFailure(.system, "the directory \(path) cannot be made: \(String(cString: strerror(errno)))")
}
