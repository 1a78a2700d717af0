internal import ArgumentParser
internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// Takes down what a run needs to be run again, before its first line runs.
struct Capture {
  /// What was taken down.
  struct Taken {
    /// The record.
    var provenance: Provenance
    /// What is attached to the run, by name.
    var artifacts: [String: StoredArtifact]
  }

  let store: OpenStore
  /// Larger files are no code, in bytes.
  var fileLimit = CodeCapture.fileLimit

  /// Where is remembered what was read before.
  var caches: String { store.folder + "/cache" }

  /// What takes code down.
  var code: CodeCapture {
    CodeCapture(artifacts: store.artifacts, caches: caches, fileLimit: fileLimit, stores: [store.folder])
  }

  /// Takes down what the trials of a sweep need.
  ///
  /// - Throws: `.usage` naming files of the code that are too large for the copies in which trials work.
  func take(for spec: SweepSpec) throws -> Taken {
    guard case .command(let command, let folder, let own) = spec.work else {
      return try take(
        code: nil, arguments: [ownExecutable()], directory: "/", variables: inheritedEnvironment(), inputs: spec)
    }
    var variables = inheritedEnvironment().merging(own, uniquingKeysWith: { $1 })
    if let programs = spec.surroundings.programs { variables["PATH"] = programs + ":" + (variables["PATH"] ?? "") }
    let root = folder.isEmpty ? Capture.folder(ofScriptIn: command) : folder
    let taken = try take(
      code: root, arguments: ["/bin/sh", "-c", command], directory: root ?? "/", variables: variables, inputs: spec)
    let large = taken.provenance.code?.leftOut.filter { $0.reason.contains("bytes, more than") } ?? []
    guard large.isEmpty || !spec.surroundings.copiesCode else {
      throw CommandFailure(
        .usage,
        "the code in \(folder) has files that are too large for code: "
          + large.map { "\($0.path) (\($0.reason))" }.joined(separator: ", ")
          + "; declare them as inputs, raise --code-limit, list them in \(folder)/.runsignore, or let all trials work in the one folder: "
          + "`trial: {snapshot: false}`")
    }
    return taken
  }

  /// Takes down what trials that are started now will find, where that is not what was taken down when their sweep was
  /// started.
  ///
  /// - Returns: what is to be attached to each of them; and what is not the same, in sentences.
  func changed(since sweep: RunID) throws -> (artifacts: [String: StoredArtifact], remarks: [String]) {
    let run = try store.tracking.run(sweep)
    let spec = try store.tracking.extendedSweep(sweep).spec
    guard !spec.isManual, let recorded = try store.provenance(of: run),
      let known = try store.artifact(Provenance.artifactName, of: run)
    else { return ([:], []) }
    var now: Taken
    do {
      now = try take(for: spec)
    } catch let error as TrackingError where error.code == .notFound {
      // The code's folder or an input is gone; trials that need it say so themselves.
      return ([:], [error.message])
    }
    // What trials work on is the sweep's own copy, whatever became of the folder.
    if spec.surroundings.snapshot != nil {
      now.provenance.code = recorded.code
      now.artifacts[Provenance.codeArtifactName] = nil
      now.artifacts[Provenance.artifactName] = try now.provenance.store(in: store.artifacts, scratch: caches)
    }
    guard now.artifacts[Provenance.artifactName]?.digest != known else { return ([:], []) }
    let differences = recorded.environment.differences(to: now.provenance.environment)
    let names = differences.prefix(3).map { "\($0.label) was \($0.recorded ?? "none") and is \($0.present ?? "none")" }
    let more = differences.count > 3 ? ", and \(differences.count - 3) more" : ""
    let sentence = "trials from here on run in other surroundings: \(names.joined(separator: "; "))\(more)"
    return (now.artifacts, differences.isEmpty ? [] : [sentence])
  }

  private func take(
    code: String?, arguments: [String], directory: String, variables: [String: String], inputs spec: SweepSpec
  ) throws -> Taken {
    let paths = spec.inputPaths.compactMap { name in spec.inputs[name]?.text.map { (name, $0) } }
    return try take(
      code: code, arguments: arguments, directory: directory, variables: variables,
      inputs: Dictionary(paths, uniquingKeysWith: { $1 }))
  }

  /// Takes down what a command needs.
  ///
  /// - Parameters:
  ///   - code: the folder of its code; nil for none.
  ///   - inputs: declared inputs: paths by name.
  ///   - alsoWanted: variables that are recorded beside those of the allow-list.
  func take(
    code folder: String?, arguments: [String], directory: String, variables: [String: String], inputs: [String: String],
    alsoWanted: Set<String> = []
  ) throws -> Taken {
    let stored = try folder.map { try code.take($0) }
    let declared = try inputs.map { try CapturedInput(name: $0.key, path: $0.value, caches: caches) }
    let capture = EnvironmentCapture(
      arguments: arguments, directory: directory, variables: variables, alsoWanted: alsoWanted, caches: caches)
    let provenance = Provenance(
      code: stored?.code, inputs: declared, environment: capture.record(code: stored?.code.manifest),
      wanted: alsoWanted,
      program: "runs \(Program.version)")
    var artifacts = [Provenance.artifactName: try provenance.store(in: store.artifacts, scratch: caches)]
    artifacts[Provenance.codeArtifactName] = stored?.tarball
    return Taken(provenance: provenance, artifacts: artifacts)
  }

  // The folder of the first script that a command names by an absolute path; nil for none. What lies among the system's
  // programs is no script of the user's.
  private static func folder(ofScriptIn command: String) -> String? {
    for word in command.split(whereSeparator: { $0.isWhitespace || "\"'`;|&()<>=".contains($0) })
    where word.hasPrefix("/") {
      let path = String(word)
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o444 != 0,
        !["/usr/", "/bin/", "/sbin/", "/opt/", "/lib", "/dev/", "/proc/"].contains(where: { path.hasPrefix($0) }),
        [".py", ".sh", ".R", ".jl", ".js", ".pl", ".rb"].contains(where: { path.hasSuffix($0) })
      else { continue }
      return parent(of: path)
    }
    return nil
  }

  /// Returns the folder that the code of a command lies in that is executed in a directory: the top of its git repository,
  /// else the directory itself; nil where that would be the whole disk or home.
  static func folder(ofCodeIn directory: String) -> String? {
    let home = environment("HOME").map { absolute($0) }
    func isTooWide(_ folder: String) -> Bool { folder == "/" || folder == home || folder == "/tmp" }
    if let top = GitState.workTree(of: directory), !isTooWide(top) { return top }
    return isTooWide(directory) ? nil : directory
  }
}

extension OpenStore {
  /// Returns the record of what a run needs: its own, or for a trial that of its sweep; nil where there is none.
  ///
  /// - Throws: `.corrupt`.
  func provenance(of run: Run) throws -> Provenance? {
    guard let digest = try artifact(Provenance.artifactName, of: run) else { return nil }
    return try Provenance(digest, in: artifacts)
  }

  /// Returns the digest of an artifact of a run, or of a trial's sweep; nil for none.
  func artifact(_ name: String, of run: Run) throws -> Digest? {
    if let own = try tracking.artifacts(of: run.id).first(where: { $0.name == name }) { return own.digest }
    guard run.kind == .trial, let parent = run.parent else { return nil }
    return try tracking.artifacts(of: parent).first { $0.name == name }?.digest
  }
}

/// What of a run's code is taken down.
struct CodeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A file of the code that is larger is left out and named; in MiB.", valueName: "mib"))
  var codeLimit = Int(CodeCapture.fileLimit >> 20)

  /// In bytes.
  var fileLimit: Int64 { Int64(codeLimit) << 20 }

  /// Refuses what is no size.
  func validate() throws {
    guard (1...1_000_000).contains(codeLimit) else {
      throw ValidationError("--code-limit is \(codeLimit); it is a number of MiB, at least 1.")
    }
  }
}
