internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// What is to be executed to repeat a run, on this machine, now; and what stands in the way.
struct RepetitionPlan {
  /// What a person may want otherwise than it was.
  struct Wishes {
    /// Inputs that are elsewhere, by name: absolute paths.
    var inputs: [String: String] = [:]
    /// The directory of programs that goes first in `PATH`; nil for the recorded interpreter's.
    var programs: String?
    /// A container engine and an image to run in: `docker`, `IMAGE`; nil for this machine itself.
    var container: (engine: String, image: String)?
    /// True keeps this process's variables where they differ from what was recorded.
    var keepsEnvironment = false
    /// A folder whose code is executed instead of the recorded; nil for the recorded.
    var code: String?
  }

  /// What is executed.
  enum Work {
    /// A built-in trainer.
    case trainer(TrainerWork)
    /// A command's trial.
    case trial(Trial, Sweep)
    /// A command with its arguments, in a directory.
    case command([String], directory: String)
  }

  /// A difference of the surroundings, and whether the repetition takes the recorded value all the same.
  struct Surrounding {
    var difference: EnvironmentRecord.Difference
    var isRestored: Bool
  }

  /// The run that is to be repeated.
  let original: Run
  /// The run whose record says how: the original, or what that itself repeats.
  let source: Run
  let work: Work
  let wishes: Wishes
  /// What was recorded; nil where nothing was.
  let recorded: Provenance?
  /// The code that is executed; nil for none.
  private(set) var code: Digest?
  /// What `--with-code` found; nil for the recorded code.
  private(set) var presentCode: (code: CapturedCode, tarball: StoredArtifact)?
  /// Where inputs are now, by name, of those that are not where they were.
  private(set) var movedInputs: [String: String] = [:]
  /// Why it cannot be run: sentences.
  private(set) var obstacles: [String] = []
  /// What differs here from what was recorded, the likeliest cause of other numbers first.
  private(set) var surroundings: [Surrounding] = []
  /// Files of the code that are executed otherwise than recorded, or stand otherwise in the folder that they came from.
  private(set) var codeChanges: [FileManifest.Change] = []
  /// Inputs that are given although they are not what they were: their names, with what was recorded and what they are.
  private(set) var inputChanges: [(name: String, recorded: CapturedInput, present: CapturedInput)] = []
  /// What else is worth knowing: sentences.
  private(set) var remarks: [String] = []
  let store: OpenStore

  /// Looks at the record and at what is here.
  ///
  /// - Throws: `.notFound`; `.corrupt` for a damaged record.
  init(of original: Run, wishes: Wishes, in store: OpenStore) throws {
    self.original = original
    self.wishes = wishes
    self.store = store
    let source = try RepetitionPlan.source(of: original, in: store.tracking)
    self.source = source
    recorded = try store.provenance(of: source)
    code = try store.artifact(Provenance.codeArtifactName, of: source)
    work = try RepetitionPlan.work(of: source, in: store.tracking)
    // A trainer has no code but this program's, and looks itself whether the data are what they were.
    if case .trainer = work { code = nil } else { try lookForCommand() }
    try lookAtInputs()
    lookAtSurroundings()
  }

  // A repetition is repeated as what it repeats.
  private static func source(of run: Run, in reader: any TrackingReader) throws -> Run {
    var run = run
    while let id = run.origin["repeats"]?.text.flatMap({ RunID($0) }) { run = try reader.run(id) }
    return run
  }

  private static func work(of run: Run, in reader: any TrackingReader) throws -> Work {
    if run.kind == .trial, let parent = run.parent, let number = run.number {
      let sweep = try reader.extendedSweep(parent)
      if case .command = sweep.spec.work, !sweep.spec.isManual {
        guard let trial = try reader.trials(of: parent, asOf: nil).first(where: { $0.number == number }) else {
          throw CommandFailure(.damaged, "sweep '\(parent)' has no trial \(number), which run '\(run.id)' says it is")
        }
        return .trial(trial, sweep)
      }
    } else if run.origin["trainer"] == nil, let command = run.origin["command"]?.list, run.kind == .run {
      return .command(command.compactMap(\.text), directory: run.origin["directory"]?.text ?? "/")
    }
    return .trainer(try TrainerWork(of: run, in: reader))
  }

  // MARK: - What stands in the way

  private mutating func lookForCommand() throws {
    guard let recorded else {
      return obstacles.append(
        "the record of '\(source.id)' does not hold its code, inputs and environment: it was made before they were taken down, "
          + "or elsewhere; only what `runs exec` and `runs sweep` started can be run again")
    }
    if case .trial(let trial, _) = work, let other = trial.continues {
      obstacles.append("it began with the checkpoint of '\(other)', which is not kept, so it cannot be run again alone")
    }
    if let folder = wishes.code {
      let taken = try Capture(store: store).code.take(folder)
      code = taken.tarball.digest
      presentCode = taken
      codeChanges = recorded.code?.manifest.changes(to: taken.code.manifest) ?? []
    } else if let code {
      if !store.artifacts.contains(code) {
        obstacles.append(
          "its code, the tarball \(code.hex), is not in the store; import it, or restore the store's artifacts")
      }
      if let root = recorded.code?.root, let now = try? Capture(store: store).code.look(at: root) {
        codeChanges = recorded.code?.manifest.changes(to: now) ?? []
        if !codeChanges.isEmpty {
          let names = codeChanges.prefix(5).map { "\($0.path) \($0.kind.rawValue)" }.joined(separator: ", ")
          let more = codeChanges.count > 5 ? ", and \(codeChanges.count - 5) more" : ""
          remarks.append(
            "the code in \(root) is another one now (\(names)\(more)); what was recorded is executed, --with-code \(root) "
              + "executes what is there")
        }
      }
    }
    if code == nil {
      remarks.append("no code was taken down with it, so it is executed in an empty folder")
    }
    for package in recorded.environment[.packages].sorted(by: { $0.key < $1.key }) {
      guard let root = recorded.code?.root, package.value.contains(" from file://\(root)") else { continue }
      remarks.append(
        "the package \(package.key) is installed from \(root), and not from the recorded code: what is there now runs")
    }
    for (path, reason) in recorded.code?.leftOut ?? [] {
      remarks.append("\(path) was left out of the recorded code (\(reason))")
    }
  }

  private mutating func lookAtInputs() throws {
    let capture = Capture(store: store)
    for name in wishes.inputs.keys.sorted() where recorded?.inputs.contains(where: { $0.name == name }) != true {
      if case .trainer(let work) = work, work.parameters[name]?.text != nil {
        movedInputs[name] = wishes.inputs[name]
      } else {
        let known = (recorded?.inputs ?? []).map(\.name).joined(separator: ", ")
        throw CommandFailure(
          .usage,
          "--with-input names '\(name)', which is no input of '\(source.id)'; it has \(known.isEmpty ? "none" : known)")
      }
    }
    for input in recorded?.inputs ?? [] {
      let path = wishes.inputs[input.name] ?? input.path
      if wishes.inputs[input.name] != nil { movedInputs[input.name] = path }
      guard access(path, F_OK) == 0 else {
        if isInCode(input) { continue }
        obstacles.append(
          "the input '\(input.name)' is not at \(path); say where it is: --with-input \(input.name)=PATH "
            + "(SHA-256 \(input.digest.hex))")
        continue
      }
      let now = try CapturedInput(name: input.name, path: path, caches: capture.caches)
      guard now.digest != input.digest else { continue }
      let sentence = RepetitionPlan.change(of: input, to: now)
      if wishes.inputs[input.name] == nil {
        obstacles.append(sentence + "; bring back what it was, or give it as it is: --with-input \(input.name)=\(path)")
      } else {
        inputChanges.append((input.name, input, now))
      }
    }
  }

  private static func change(of input: CapturedInput, to now: CapturedInput) -> String {
    let changes = input.isFolder && now.isFolder ? input.manifest.changes(to: now.manifest) : []
    guard let first = changes.first else {
      return "the input '\(input.name)', \(now.path), is not what it was: its SHA-256 was \(input.digest.hex) "
        + "(\(input.manifest.bytes) bytes) and is \(now.digest.hex) (\(now.manifest.bytes) bytes)"
    }
    let more = changes.count > 1 ? " and \(changes.count - 1) more" : ""
    return "the input '\(input.name)' is not what it was: \(now.path)/\(first.path) was \(first.kind.rawValue)\(more)"
  }

  // An input that lay in the folder of the code is in its tarball.
  private func isInCode(_ input: CapturedInput) -> Bool {
    guard wishes.inputs[input.name] == nil, let code = recorded?.code, let place = code.path(below: input.path) else {
      return false
    }
    let files = Dictionary(code.manifest.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 })
    return input.manifest.files.allSatisfy { file in
      files[input.isFolder ? (place.isEmpty ? "" : place + "/") + file.path : place] == file.digest
    }
  }

  private mutating func lookAtSurroundings() {
    guard let recorded else { return }
    let capture = Capture(store: store)
    var present = inheritedEnvironment()
    present["PATH"] = searchPath
    if case .trial(_, let sweep) = work, case .command(_, _, let own) = sweep.spec.work {
      present.merge(own, uniquingKeysWith: { $1 })
    }
    let look = EnvironmentCapture(
      arguments: arguments, directory: recorded.code?.root ?? "/", variables: present,
      alsoWanted: recorded.wanted.union(recorded.environment[.variables].keys), caches: capture.caches)
    var now = look.record(code: recorded.code?.manifest)
    // Where it was started as an interpreter, and the code is gone from where it was, it is looked for by its recorded path.
    if now[.interpreter].isEmpty, let path = recorded.environment[.interpreter]["path"] {
      var other = look
      other.arguments = [path]
      now = other.record(code: recorded.code?.manifest)
    }
    if !recorded.program.isEmpty, recorded.program != "runs \(Program.version)" {
      remarks.append("it was recorded by \(recorded.program), and this is runs \(Program.version)")
    }
    surroundings = recorded.environment.differences(to: now).map { difference in
      Surrounding(
        difference: difference,
        isRestored: !wishes.keepsEnvironment && RepetitionPlan.isRestored(difference.section, difference.name))
    }
  }

  /// The command as it is executed, with its placeholders.
  var arguments: [String] {
    switch work {
    case .trainer: [ownExecutable()]
    case .trial(_, let sweep):
      if case .command(let command, _, _) = sweep.spec.work { ["/bin/sh", "-c", command] } else { [] }
    case .command(let command, _): command
    }
  }

  // MARK: - The environment

  private static func isRestored(_ section: EnvironmentRecord.Section, _ name: String) -> Bool {
    guard section == .threads || section == .variables || section == .locale else { return false }
    return name != "processors" && name != "time_zone" && VariableRules.isRestored(name)
  }

  // The wished programs, else the recorded interpreter's, go first.
  private var searchPath: String {
    let own = environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    if let programs = wishes.programs { return programs + ":" + own }
    guard let path = recorded?.environment[.interpreter]["path"], access(path, X_OK) == 0 else { return own }
    return parent(of: path) + ":" + own
  }

  /// The environment that the repetition inherits: this process's, with the recorded variables that decide about numbers as
  /// they were.
  var inherited: [String: String] {
    var all = inheritedEnvironment()
    all["PATH"] = searchPath
    guard let recorded, !wishes.keepsEnvironment else { return all }
    for section in [EnvironmentRecord.Section.threads, .variables, .locale] {
      for name in all.keys where VariableRules.section(of: name, alsoWanted: recorded.wanted) == section {
        if RepetitionPlan.isRestored(section, name) { all[name] = nil }
      }
      for (name, value) in recorded.environment[section] where RepetitionPlan.isRestored(section, name) {
        all[name] = value
      }
    }
    return all
  }

  /// Where what the command names is now: the code in a copy, inputs where they are, the interpreter that is to be used.
  ///
  /// - Parameter work: the copy of the code.
  func moves(to work: String) -> PathMoves {
    var moves: [PathMoves.Move] = []
    if let code = recorded?.code {
      let known = Set(
        code.manifest.files.flatMap { file -> [String] in
          let parts = file.path.split(separator: "/")
          return (1...parts.count).map { parts.prefix($0).joined(separator: "/") }
        })
      moves.append(PathMoves.Move(from: code.root, to: work, known: known))
    }
    for input in recorded?.inputs ?? [] {
      let now = movedInputs[input.name] ?? input.path
      if now != input.path { moves.append(PathMoves.Move(from: input.path, to: now)) }
      // A path that was written relative to the folder leads elsewhere from the copy, but for those inside, which are there.
      let given = source.origin["inputs"]?[input.name]?["given"]?.text
      if let given, given.hasPrefix("../") { moves.append(PathMoves.Move(from: given, to: now)) }
    }
    if let interpreter = recorded?.environment[.interpreter]["path"], wishes.container == nil {
      let now = wishes.programs.map { interpreterIn($0, like: interpreter) } ?? interpreter
      moves.append(PathMoves.Move(from: interpreter, to: now))
      if let below = recorded?.code?.path(below: interpreter) {
        for from in [below, "./" + below] { moves.append(PathMoves.Move(from: from, to: now)) }
      }
    }
    return PathMoves(moves)
  }

  /// The same for a script that finds the copy and the inputs by marks.
  ///
  /// - Parameter mark: what stands for an input, by its name.
  func movesForReview(to work: String, input mark: (String) -> String) -> PathMoves {
    var plan = self
    for input in recorded?.inputs ?? [] { plan.movedInputs[input.name] = mark(input.name) }
    return plan.moves(to: work)
  }

  private func interpreterIn(_ programs: String, like path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? "python"
    let family = recorded?.environment[.interpreter]["family"] ?? "python"
    let names = [name, family, family + "3"]
    return programs + "/" + (names.first { access(programs + "/" + $0, X_OK) == 0 } ?? name)
  }

  /// True when a repetition can be made.
  var isPossible: Bool { obstacles.isEmpty }
}

extension CapturedCode {
  /// Returns a path as it is below the code's folder; nil for one that is elsewhere.
  func path(below path: String) -> String? {
    if path == root { return "" }
    return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : nil
  }
}

extension RepetitionPlan.Wishes {
  /// Runs in an environment: a virtual environment or conda's, by folder, interpreter or name; or `docker:IMAGE`,
  /// `podman:IMAGE`.
  ///
  /// - Throws: `.notFound` where there is none.
  mutating func settle(in place: String) throws {
    for engine in ["docker", "podman"] where place.hasPrefix(engine + ":") {
      let image = String(place.dropFirst(engine.count + 1))
      guard !image.isEmpty else { throw CommandFailure(.usage, "--in \(place): name an image, \(engine):IMAGE") }
      let folders = (environment("PATH") ?? "").split(separator: ":")
      guard folders.contains(where: { access("\($0)/\(engine)", X_OK) == 0 }) else {
        throw CommandFailure(
          .incomplete, "--in \(place): there is no \(engine) here; install it, or name another environment")
      }
      container = (engine, image)
      return
    }
    func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 }
    let home = environment("HOME") ?? ""
    let roots = [environment("CONDA_ROOT"), environment("CONDA_PREFIX_1"), environment("CONDA_PREFIX")].compactMap {
      $0
    }
    let folders =
      roots + ["/opt/conda", "\(home)/miniconda3", "\(home)/anaconda3", "\(home)/miniforge3", "\(home)/.conda"]
    for folder in [place] + (place.contains("/") ? [] : folders.map { "\($0)/envs/\(place)" }) {
      for candidate in ["bin/python", "bin/python3", "bin/Rscript", "bin/julia", "bin/node"]
      where isProgram(folder + "/" + candidate) {
        programs = absolute(folder) + "/bin"
        return
      }
    }
    let name = place.split(separator: "/").last.map(String.init) ?? ""
    if isProgram(place), name.hasPrefix("python") {
      programs = parent(of: place.hasPrefix("/") ? place : workingDirectory() + "/" + place)
      return
    }
    throw CommandFailure(
      .notFound,
      "--in \(place): there is no environment of that name; give the folder of a virtual or conda environment, a conda "
        + "environment's name, or docker:IMAGE")
  }
}

extension RepetitionPlan {
  /// The plan as members of an object.
  var members: [String: Value] {
    [
      "possible": .boolean(isPossible), "obstacles": .list(obstacles.map { .text($0) }),
      "remarks": .list(remarks.map { .text($0) }), "command": .list(arguments.map { .text($0) }),
      "code": code.map { .text($0.hex) } ?? .null,
      "code_changes": .list(codeChanges.map { ["path": .text($0.path), "change": .text($0.kind.rawValue)] }),
      "input_changes": .list(
        inputChanges.map {
          ["name": .text($0.name), "recorded": .text($0.recorded.digest.hex), "here": .text($0.present.digest.hex)]
        }),
      "surroundings": .list(
        surroundings.map { one in
          [
            "section": .text(one.difference.section.rawValue), "name": .text(one.difference.name),
            "recorded": one.difference.recorded.map { .text($0) } ?? .null,
            "here": one.difference.present.map { .text($0) } ?? .null, "restored": .boolean(one.isRestored),
          ]
        }),
    ]
  }
}
