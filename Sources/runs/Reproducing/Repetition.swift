internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// Executes a command again as a run of its own, in a fresh copy of the recorded code.
struct Repetition {
  let plan: RepetitionPlan
  let store: OpenStore
  private let id = RunID(randomBits: .random(in: 0..<(.max)))
  private var paths: SweepPaths { SweepPaths(root: store.folder) }

  /// Makes a repetition of what a plan says.
  init(_ plan: RepetitionPlan) {
    self.plan = plan
    store = plan.store
  }

  /// Records and executes it.
  ///
  /// - Parameter onTick: called a few times a second with the new run.
  /// - Returns: the new run, ended.
  /// - Throws: `.interrupted` after a signal: the run is canceled then.
  func execute(onTick: (RunID) throws -> Void) throws -> Run {
    try Interrupts.watch()
    try endAbandoned()
    let directory = paths.jobDirectory("\(id).1")
    try makeDirectory(directory)
    try record(directory)
    let door = try openDoor()
    defer { door?.close() }
    var (job, watch) = try prepared(directory, door)
    if let (engine, image) = plan.wishes.container { job = contained(job, engine, image) }
    let launcher = builtinLauncher()
    try launcher.launch(job)
    var asked = 0
    var isEnough = false
    var killAt: Timestamp?
    while try launcher.state(of: job.name, in: job.directory) == .running {
      try launcher.wait(for: [(job.name, job.directory)], milliseconds: 100)
      Interrupts.drain()
      if Interrupts.count > asked {
        if asked == 0 {
          try launcher.interrupt(job.name, in: directory)
        } else {
          try launcher.kill(job.name, in: directory)
        }
        asked = Interrupts.count
      }
      if let problem = try? watch.take(isEnd: false, now: .now()) { complain(problem) }
      if !isEnough, asked == 0, try hasLoggedEnough() {
        isEnough = true
        try launcher.interrupt(job.name, in: directory)
        killAt = Timestamp(milliseconds: Timestamp.now().milliseconds + 5000)
      }
      if let time = killAt, Timestamp.now() > time {
        try launcher.kill(job.name, in: directory)
        killAt = nil
      }
      try onTick(id)
    }
    try store.tracking.recoverMetrics()
    if let problem = try watch.take(isEnd: true, now: .now()) { complain(problem) }
    let state = try launcher.state(of: job.name, in: job.directory)
    try finish(job, watch, state, wasInterrupted: asked > 0, isEnough: isEnough)
    removeWork(job, isKept: asked == 0 && !isEnough && state != .exited(0))
    if asked > 0 {
      throw CommandFailure(
        Interrupts.signal == SIGTERM ? .terminated : .interrupted, "interrupted; the repetition \(id) is canceled")
    }
    return try store.tracking.run(id)
  }

  // MARK: - Recording

  // A repetition whose process was killed goes on unwatched: it is ended before the next one begins.
  private func endAbandoned() throws {
    let host = origin([:])["host"]
    let query = RunQuery(
      filter: try FilterParser.clauses(of: "attributes.status = 'running'"), kinds: [.run], limit: .max,
      includesDetails: false)
    var left: [Run] = []
    try store.tracking.everyRow(matching: query) { row in
      guard row.run.origin["repeats"] != nil, row.run.origin["host"] == host,
        let process = row.run.origin["process"]?.integer, !processExists(Int32(truncatingIfNeeded: process))
      else { return }
      left.append(row.run)
    }
    for run in left {
      let directory = paths.jobDirectory("\(run.id).1")
      try? builtinLauncher().kill("\(run.id).1", in: directory)
      let reason = "the process that repeated it was gone"
      try store.tracking.commit([
        .endAttempt(run.id, number: 1, .lost, detail: reason), .transition(run.id, to: .failed, reason: reason),
      ])
      removeTree(directory + "/work")
    }
  }

  private func record(_ directory: String) throws {
    var members: [String: Value] = ["repeats": .text(plan.source.id.text)]
    if case .command(let command, _) = plan.work { members["command"] = .list(command.map { .text($0) }) }
    let parameters = try store.tracking.parameters(of: plan.source.id)
    let given: [Parameter]
    if case .trial(let trial, _) = plan.work {
      given = trial.parameters
    } else {
      given = recordedParameters ?? parameters
    }
    try store.tracking.commit(
      [
        .createRun(
          NewRun(
            id: id, experiment: plan.original.experiment, kind: .run, name: "reproduces \(plan.original.id)",
            state: .running, origin: origin(members), parameters: given,
            tags: [ReproduceCommand.tag: plan.original.id.text])),
        .beginAttempt(id, number: 1, launcher: type(of: builtinLauncher()).description.name, continues: false),
      ] + (try attachments()))
  }

  // What the command was given; what it logged itself is logged again.
  private var recordedParameters: [Parameter]? {
    plan.source.origin["parameters"]?.object.map { $0.sorted { $0.key < $1.key }.map { Parameter($0.key, $0.value) } }
  }

  // The record of the repetition itself: the code that it executes, and what is around it now.
  private func attachments() throws -> [Change] {
    guard let recorded = plan.recorded else { return [] }
    var artifacts: [String: StoredArtifact] = [:]
    if let code = plan.code {
      let own =
        try plan.presentCode?.tarball
        ?? store.tracking.artifacts(of: codeOwner).first { $0.digest == code }.map {
          StoredArtifact(digest: $0.digest, bytes: $0.bytes, contentBytes: $0.contentBytes, files: $0.files)
        }
      artifacts[Provenance.codeArtifactName] = own
    }
    let capture = Capture(store: store)
    let look = EnvironmentCapture(
      arguments: plan.arguments, directory: recorded.code?.root ?? "/", variables: plan.inherited,
      alsoWanted: recorded.wanted.union(recorded.environment[.variables].keys), caches: capture.caches)
    var environment = look.record(code: recorded.code?.manifest)
    if let (engine, image) = plan.wishes.container {
      // What is installed in an image is not seen from outside.
      environment[.packages] = [:]
      environment[.interpreter] = ["family": engine, "path": image]
    }
    let inputs = recorded.inputs.map { input in
      plan.inputChanges.first { $0.name == input.name }?.present ?? input
    }
    let present = Provenance(
      code: plan.presentCode?.code ?? recorded.code, inputs: inputs, environment: environment, wanted: recorded.wanted,
      program: "runs \(Program.version)")
    artifacts[Provenance.artifactName] = try present.store(in: store.artifacts, scratch: capture.caches)
    return artifacts.sorted { $0.key < $1.key }.map { .attach(Artifact(run: id, name: $0.key, $0.value, time: .now())) }
  }

  private var codeOwner: RunID {
    plan.source.kind == .trial ? plan.source.parent ?? plan.source.id : plan.source.id
  }

  private func finish(
    _ job: Job, _ watch: JobWatch, _ state: JobState, wasInterrupted: Bool, isEnough: Bool
  ) throws {
    let (outcome, end, reason): (Attempt.Outcome, RunState, String) =
      switch state {
      case .exited(0): (.exited(0), .finished, "")
      case _ where wasInterrupted: (.canceled, .canceled, "interrupted")
      case _ where isEnough: (.canceled, .finished, "ended once it had logged what is compared")
      case .exited(TrainerExit.yielded): (.exited(TrainerExit.yielded), .finished, "yielded")
      case .exited(let code): (.exited(code), .failed, "exit code \(code)" + lastWord(job))
      case .signaled(let signal): (.signaled(signal), .failed, "ended by signal \(signal)" + lastWord(job))
      case .lost, .unknown, .running: (.lost, .failed, "it was gone without a trace of its end")
      }
    var changes: [Change] = []
    if case .trial = plan.work, end == .finished {
      changes += try watch.keepOutputs(now: .now()).map { .attach($0) }
    }
    if watch.hasReadLog { changes.append(.setTag(id, name: SweepTag.logRead, value: nil)) }
    changes += [
      .endAttempt(id, number: 1, outcome, detail: reason), .transition(id, to: end, reason: reason),
    ]
    try store.tracking.commit(changes)
  }

  private func lastWord(_ job: Job) -> String {
    guard let text = try? readText(job.directory + "/stderr"),
      let line = text.split(separator: "\n").last(where: { !$0.allSatisfy(\.isWhitespace) })
    else { return "" }
    return ": " + line.prefix(300)
  }

  // What failed may be looked into.
  private func removeWork(_ job: Job, isKept: Bool) {
    guard !isKept, job.workingDirectory.hasPrefix(job.directory + "/work") else { return }
    removeTree(job.directory + "/work")
  }

  // MARK: - The job

  private func openDoor() throws -> TrialDoor? {
    guard case .trial = plan.work else { return nil }
    let token = String(UInt64.random(in: 0 ... .max), radix: 16) + String(UInt64.random(in: 0 ... .max), radix: 16)
    return try store.doorOpener()(id, 0, token)
  }

  private func prepared(_ directory: String, _ door: TrialDoor?) throws -> (Job, JobWatch) {
    switch plan.work {
    case .trainer: preconditionFailure("trainers are executed by TrainerJobs")
    case .trial(let trial, let sweep):
      let changes = TrialRepetition.Changes(
        code: plan.code, inputs: plan.movedInputs, programs: plan.wishes.programs)
      let repetition = try TrialRepetition(
        of: trial, in: sweep, as: id, changes: changes, store: store.tracking, artifacts: store.artifacts, paths: paths,
        runsExecutable: ownExecutable(), environment: plan.inherited, door: door)
      var job = repetition.job
      try settle(&job, in: directory + "/work")
      try store.tracking.commit(.setTag(id, name: SweepTag.command, value: job.arguments.last ?? ""))
      return (job, repetition.watch)
    case .command(let arguments, let workingDirectory):
      let work = directory + "/work"
      if let code = plan.code {
        try store.artifacts.restore(code, to: work, limits: RestoreLimits())
      } else {
        try makeDirectory(work)
      }
      let below = plan.recorded?.code?.path(below: workingDirectory)
      let place = below.map { $0.isEmpty ? work : work + "/" + $0 } ?? work
      try makeDirectory(place)
      var job = Job(
        name: "\(id).1", arguments: arguments, environment: environment(directory), workingDirectory: place,
        directory: directory)
      try settle(&job, in: work)
      let watch = try JobWatch(of: job, run: id, store: store.tracking, artifacts: store.artifacts)
      return (job, watch)
    }
  }

  // As `runs exec` hands it to a command.
  private func environment(_ directory: String) -> [String: String] {
    var variables = plan.inherited
    variables[TrialEnvironment.store] = store.folder
    variables[TrialEnvironment.run] = id.text
    variables[TrialEnvironment.attempt] = "1"
    variables[TrialEnvironment.job] = "\(id).1"
    variables[TrialEnvironment.jobDirectory] = directory
    variables[TrialEnvironment.log] = RunLogTail.path(inJobDirectory: directory)
    variables[TrialEnvironment.seed] = plan.source.origin["seed"]?.plain
    for input in plan.recorded?.inputs ?? [] {
      variables[TrialEnvironment.inputPrefix + variableName(input.name)] = plan.movedInputs[input.name] ?? input.path
    }
    for parameter in recordedParameters ?? [] {
      variables[TrialEnvironment.parameterPrefix + variableName(parameter.name)] = parameter.value.plain
    }
    return variables
  }

  // Leads what the job names to where it is now, and puts inputs that lay among the code into the copy.
  private func settle(_ job: inout Job, in work: String) throws {
    let moves = plan.moves(to: work)
    job.arguments = job.arguments.map { moves.applied(to: $0) }
    // Inputs have their places already.
    let own = Set((plan.recorded?.inputs ?? []).map { TrialEnvironment.inputPrefix + variableName($0.name) })
    let restored = Set(plan.recorded?.environment[.variables].keys.map { $0 } ?? [])
    for (name, value) in job.environment where !own.contains(name) {
      guard name.hasPrefix("RUNS_") || name.hasPrefix("AZUREML_") || restored.contains(name), !name.hasSuffix("_DIR"),
        ![TrialEnvironment.store, TrialEnvironment.log].contains(name)
      else { continue }
      job.environment[name] = moves.applied(to: value)
    }
    for input in plan.recorded?.inputs ?? [] {
      guard let below = plan.recorded?.code?.path(below: input.path), !below.isEmpty else { continue }
      let place = work + "/" + below
      let now = plan.movedInputs[input.name] ?? input.path
      guard access(now, F_OK) == 0, plan.movedInputs[input.name] != nil || access(place, F_OK) != 0 else { continue }
      removeTree(place)
      try makeDirectory(parent(of: place))
      guard symlink(now, place) == 0 else {
        throw CommandFailure(.system, "\(place) cannot be linked to \(now): \(String(cString: strerror(errno)))")
      }
    }
  }

  // The same in a container: this machine's network, the folders of the job, the store and the inputs under their own names.
  private func contained(_ job: Job, _ engine: String, _ image: String) -> Job {
    var job = job
    var words = [engine, "run", "--rm", "--network=host", "--workdir", job.workingDirectory]
    let inputs = (plan.recorded?.inputs ?? []).map { plan.movedInputs[$0.name] ?? $0.path }
    words += ["--volume", "\(store.folder):\(store.folder)"]
    for input in inputs where access(input, F_OK) == 0 { words += ["--volume", "\(input):\(input):ro"] }
    let recorded = Set(
      [EnvironmentRecord.Section.threads, .variables, .locale].flatMap {
        plan.recorded?.environment[$0].keys.map { $0 } ?? []
      })
    for name in job.environment.keys.sorted()
    where name.hasPrefix("RUNS_") || name.hasPrefix("AZUREML_") || name.hasPrefix("MLFLOW_") || recorded.contains(name)
    {
      // By name alone: its value stands in the environment of the engine, and in no list of processes.
      words += ["--env", name]
    }
    job.arguments = words + [image] + job.arguments
    return job
  }

  // Of a run that ended before its time only what it logged is compared, so it need not log more.
  private func hasLoggedEnough() throws -> Bool {
    guard ![.finished, .failed].contains(plan.original.state) else { return false }
    let recorded = try store.tracking.series(of: plan.original.id)
    guard !recorded.isEmpty else { return false }
    let again = try Dictionary(
      store.tracking.series(of: id).map { ($0.name, $0.count) }, uniquingKeysWith: { $1 })
    return recorded.allSatisfy { again[$0.name, default: 0] >= $0.count }
  }
}
