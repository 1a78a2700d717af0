internal import Glibc
internal import Provenance
internal import Sweeping
internal import Tracking

/// A folder with all that somebody without `runs` needs to run a run again: its code, what was recorded, a shell script.
struct ReviewFolder {
  let plan: RepetitionPlan

  /// Writes what a plan says.
  init(_ plan: RepetitionPlan) { self.plan = plan }

  /// Writes the folder.
  ///
  /// - Throws: `.conflict` when it is there and not empty; `.incomplete` for what only `runs` can run.
  func write(to folder: String, _ common: GlobalOptions) throws {
    if case .trainer = plan.work {
      throw CommandFailure(
        .incomplete,
        "'\(plan.source.id)' was trained by a built-in trainer, which runs nowhere without runs; `runs export` moves it"
      )
    }
    guard let recorded = plan.recorded, let code = plan.code else {
      throw CommandFailure(
        .incomplete, "the record of '\(plan.source.id)' lacks its code: " + plan.obstacles.joined(separator: "; "))
    }
    guard access(folder, F_OK) != 0 || isEmpty(folder) else {
      throw CommandFailure(.conflict, "\(folder) is there and not empty; name a new folder")
    }
    let store = plan.store
    try makeDirectory(folder)
    try store.artifacts.restore(code, to: folder + "/code", limits: RestoreLimits())
    if let difference = recorded.code?.git?.difference, !difference.isEmpty {
      try writeText(String(decoding: difference, as: UTF8.self), to: folder + "/git.diff")
    }
    let packages = recorded.environment[.packages]
    if !packages.isEmpty {
      let lines = packages.sorted { $0.key < $1.key }.map { name, version in
        version.contains(" from ") ? "# \(name) \(version)" : "\(name)==\(version)"
      }
      try writeText(lines.joined(separator: "\n") + "\n", to: folder + "/requirements.txt")
    }
    try writeText(try metrics(), to: folder + "/metrics.csv")
    try writeText(Value.object(try manifest(recorded)).prettyJSON + "\n", to: folder + "/manifest.json")
    try makeDirectory(folder + "/bin")
    try writeText(
      "#!/bin/sh\n# Stands in for the program that recorded the run: keeps what the script logs by it.\n"
        + "printf '%s\\n' \"$*\" >>\"$RUNS_REVIEW_LOG\"\n", to: folder + "/bin/runs")
    try writeText(script(recorded), to: folder + "/run.sh")
    if recorded.inputs.contains(where: \.isFolder) { try makeDirectory(folder + "/inputs") }
    for input in recorded.inputs where input.isFolder {
      // As `sha256sum` writes them: a name with a backslash or a line feed is escaped and marked.
      let lines = input.manifest.files.map { file -> String in
        let escaped = file.path.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return (escaped == file.path ? "" : "\\") + "\(file.digest.hex)  \(escaped)\n"
      }
      try writeText(lines.joined(), to: folder + "/inputs/\(variableName(input.name)).sha256")
    }
    for name in ["/run.sh", "/bin/runs"] { chmod(folder + name, 0o755) }
    runs.write(
      "\(folder): run.sh runs '\(plan.source.id)' again; manifest.json and metrics.csv have what was recorded\n")
  }

  private func isEmpty(_ folder: String) -> Bool {
    guard rmdir(folder) == 0 else { return false }
    return mkdir(folder, 0o755) == 0
  }

  private func metrics() throws -> String {
    var lines = ["metric,step,time_ms,value\n"]
    for series in try plan.store.tracking.series(of: plan.original.id) {
      let points = try plan.store.tracking.points(of: plan.original.id, metric: series.name)
      for index in 0..<points.count {
        let point = points[index]
        lines.append(csvLine([series.name, "\(point.step)", "\(point.time.milliseconds)", point.value.csv]))
      }
    }
    return lines.joined()
  }

  private func manifest(_ recorded: Provenance) throws -> [String: Value] {
    let reader = plan.store.tracking
    let kept = try reader.artifacts(of: plan.original.id).map { artifact -> Value in
      ["name": .text(artifact.name), "sha256": .text(artifact.digest.hex), "bytes": .integer(artifact.bytes)]
    }
    return [
      "run": .text(plan.original.id.text), "state": .text(plan.original.state.rawValue),
      "parameters": .object(try reader.parameters(of: plan.source.id).byName), "provenance": recorded.value,
      "command": .list(plan.arguments.map { .text($0) }), "artifacts": .list(kept),
    ]
  }

  // MARK: - The script

  // What a path of the copy begins with until the script says where the copy is.
  private static let mark = "/@WORK@"

  private func script(_ recorded: Provenance) throws -> String {
    var lines = [
      "#!/bin/sh",
      "# Runs again what run \(plan.source.id) ran. Needs a POSIX shell, sha256sum and what the command itself calls.",
      "# Recorded by \(recorded.program). Install what requirements.txt names first, with the interpreter of manifest.json.",
      "#   ./run.sh [FOLDER]    FOLDER: where a copy of the code is made to work in; ./work by default", "set -eu",
      "here=$(cd \"$(dirname \"$0\")\" && pwd)", "work=${1:-$here/work}",
      "rm -rf \"$work\"; mkdir -p \"$work\" \"$here/outputs\"",
      "cp -R \"$here/code/.\" \"$work\"", "work=$(cd \"$work\" && pwd)", "export PATH=\"$here/bin:$PATH\"",
      "export RUNS_REVIEW_LOG=\"$here/logged.txt\" RUNS_LOG=\"$here/log.jsonl\" RUNS_OUTPUT_DIR=\"$here/outputs\"",
      ": >\"$RUNS_REVIEW_LOG\"",
    ]
    for input in recorded.inputs {
      let name = TrialEnvironment.inputPrefix + variableName(input.name)
      let now = plan.movedInputs[input.name] ?? input.path
      let below = recorded.code?.path(below: input.path)
      // What lay among the code is in the copy.
      let isInCopy =
        below.map { place in
          recorded.code?.manifest.files.contains { $0.path == place || $0.path.hasPrefix(place + "/") } ?? false
        } ?? false
      lines.append(
        "[ -n \"${\(name):-}\" ] || \(name)=\(quoted(isInCopy ? ReviewFolder.mark + "/" + (below ?? "") : now))")
      lines.append("export \(name)")
      let differs = "{ echo \"$\(name) is not the recorded input\" >&2; exit 1; }"
      lines.append(
        input.isFolder
          ? "(cd \"$\(name)\" && sha256sum -c --quiet \"$here/inputs/\(variableName(input.name)).sha256\" >&2) || \(differs)"
          : "[ \"$(sha256sum <\"$\(name)\" | cut -c 1-64)\" = \(input.digest.hex) ] || \(differs)")
    }
    for section in [EnvironmentRecord.Section.threads, .variables, .locale] {
      for (name, value) in recorded.environment[section].sorted(by: { $0.key < $1.key })
      where name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" }) && VariableRules.isRestored(name) {
        lines.append("export \(name)=\(quoted(value))")
      }
    }
    let (variables, directory, arguments) = try job(recorded)
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      lines.append("export \(name)=\(quoted(value))")
    }
    lines.append("cd \(quoted(directory))")
    lines.append("exec " + arguments.map(quoted).joined(separator: " "))
    return lines.joined(separator: "\n") + "\n"
  }

  // The command, its directory and its variables, with paths of the copy under the mark.
  private func job(_ recorded: Provenance) throws -> ([String: String], String, [String]) {
    let all = plan.movesForReview(to: ReviewFolder.mark) { "/@\(TrialEnvironment.inputPrefix + variableName($0))@" }
    func led(_ text: String) -> String { all.applied(to: text) }
    var variables: [String: String] = [:]
    switch plan.work {
    case .trainer: return ([:], "/", [])
    case .command(let command, let directory):
      for (name, value) in plan.source.origin["parameters"]?.object ?? [:] {
        variables[TrialEnvironment.parameterPrefix + variableName(name)] = value.plain
      }
      if let seed = plan.source.origin["seed"]?.plain { variables[TrialEnvironment.seed] = seed }
      let below = recorded.code?.path(below: directory) ?? ""
      return (variables, ReviewFolder.mark + (below.isEmpty ? "" : "/" + below), command.map(led))
    case .trial(let trial, let sweep):
      let shown = TrialRepetition.command(of: trial, in: sweep)
      return (shown.variables.mapValues(led), ReviewFolder.mark, ["/bin/sh", "-c", led(shown.text)])
    }
  }

  // In single quotes, with the places of the copy and of the inputs put in where their marks stand.
  private func quoted(_ text: String) -> String {
    var parts = text.replacing("'", with: "'\\''").replacing(ReviewFolder.mark, with: "'\"$work\"'")
    for input in plan.recorded?.inputs ?? [] {
      let name = TrialEnvironment.inputPrefix + variableName(input.name)
      parts = parts.replacing("/@\(name)@", with: "'\"$\(name)\"'")
    }
    return "'" + parts + "'"
  }
}
