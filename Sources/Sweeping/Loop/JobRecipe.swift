internal import Tracking

/// Makes the job of an attempt at a trial from the sweep's spec.
struct JobRecipe {
  let sweep: Sweep
  let paths: SweepPaths
  let runsExecutable: String
  /// What jobs inherit; `RUNS_` variables are left out.
  let inherited: [String: String]
  /// Where the code of the sweep is unpacked from when its folder is gone.
  let artifacts: (any ArtifactStore)?
  /// Where trials log as clients of MLflow; nil for nowhere.
  var door: TrialDoor?
  /// The number of the sweep's experiment.
  var experiment: Int64?

  // A script finds `runs` even when the sweep was started by a path; what the user's own PATH names goes first.
  private var searchPath: String {
    let own = runsExecutable.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let given = inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return given.split(separator: ":").contains { $0 == own } || own.isEmpty ? given : given + ":" + own
  }

  /// Makes the job, with its directories.
  ///
  /// - Parameter isResumed: true when the trial goes on from what is in its checkpoint directory.
  func job(of trial: TrialEntry, attempt: Int, isResumed: Bool) throws -> Job {
    let name = trial.run.job(attempt)
    let directory = paths.jobDirectory(name)
    try makeDirectories(directory + "/outputs")
    var environment = inherited.filter { !$0.key.hasPrefix("RUNS_") }
    let values = TrialValues(trial.parameters, in: sweep.spec.space)
    for (name, value) in sweep.spec.inputs {
      let text = TrialValues.text(ofInput: value)
      environment[TrialEnvironment.inputPrefix + name.uppercased()] = text
      for prefix in TrialEnvironment.azurePrefixes { environment[prefix + name] = text }
    }
    for (path, text) in values.texts {
      environment[TrialEnvironment.variable(ofParameterAt: path)] = text
      for prefix in TrialEnvironment.azurePrefixes { environment[prefix + path.joined(separator: "_")] = text }
    }
    environment["PATH"] = searchPath
    if let programs = sweep.spec.surroundings.programs {
      environment["PATH"] = programs + ":" + searchPath
      let home = programs.hasSuffix("/bin") ? String(programs.dropLast(4)) : programs
      environment["VIRTUAL_ENV"] = exists(home + "/pyvenv.cfg") ? home : nil
    }
    environment[TrialEnvironment.store] = paths.root
    environment[TrialEnvironment.run] = trial.run.text
    environment[TrialEnvironment.azureRun] = trial.run.text
    environment[TrialEnvironment.experimentName] = sweep.spec.experiment
    environment[TrialEnvironment.sweep] = sweep.run.text
    environment[TrialEnvironment.trial] = String(trial.number)
    environment[TrialEnvironment.attempt] = String(attempt)
    environment[TrialEnvironment.seed] = String(
      sweep.spec.seed &+ UInt64(sweep.spec.seedOffset(ofTrial: trial.number)))
    // What the spec itself says goes first, below.
    if sweep.spec.determinism != nil {
      let seed = sweep.spec.seed &+ UInt64(sweep.spec.seedOffset(ofTrial: trial.number))
      environment["PYTHONHASHSEED"] = String(UInt32(truncatingIfNeeded: seed))
    }
    environment[TrialEnvironment.job] = name
    environment[TrialEnvironment.jobDirectory] = directory
    environment[TrialEnvironment.outputDirectory] = directory + "/outputs"
    if case .command = sweep.spec.work {
      environment[TrialEnvironment.log] = RunLogTail.path(inJobDirectory: directory)
    }
    environment[TrialEnvironment.checkpointDirectory] = paths.checkpointDirectory(of: trial.run)
    environment[TrialEnvironment.allowance] = trial.allowance.map { String($0) }
    environment[TrialEnvironment.resumed] = isResumed ? "1" : nil
    lead(&environment, toDoorOf: trial.run)
    switch sweep.spec.work {
    case .trainer:
      try makeDirectories(paths.checkpointDirectory(of: trial.run))
      return Job(
        name: name, arguments: [runsExecutable, "trial-run"], environment: environment, workingDirectory: directory,
        directory: directory)
    case .command(let command, _, let variables):
      let template = CommandTemplate(command)
      for (reference, _) in template.references {
        guard let value = value(of: reference, values, directory) else { continue }
        environment[reference.variable] = value
        if reference.kind == .outputs { try makeDirectories(value) }
      }
      for name in sweep.spec.surroundings.outputs {
        let place = directory + "/outputs/" + name
        environment[TrialEnvironment.outputPrefix + name.uppercased()] = place
        try makeDirectories(place)
      }
      for (name, text) in variables {
        environment[name] = CommandTemplate(text).filled(isShell: false) { value(of: $0, values, directory) }
      }
      let place = workingDirectory(inJobDirectory: directory)
      if let snapshot = sweep.spec.surroundings.snapshot {
        try CodeSnapshot(paths: paths).copy(snapshot, to: place, artifacts: artifacts)
      } else {
        try makeDirectories(place)
      }
      let text = template.filled(isShell: true) { value(of: $0, values, directory) }
      return Job(
        name: name, arguments: ["/bin/sh", "-c", text], environment: environment, workingDirectory: place,
        directory: directory)
    }
  }

  // What MLflow's clients look at. What the user has set for a server of their own would lead them elsewhere.
  private func lead(_ environment: inout [String: String], toDoorOf run: RunID) {
    guard let door else { return }
    for name in ["USERNAME", "PASSWORD", "AWS_SIGV4", "AUTH"] { environment["MLFLOW_TRACKING_" + name] = nil }
    environment["MLFLOW_TRACKING_URI"] = door.url
    environment["MLFLOW_TRACKING_TOKEN"] = door.token
    environment["MLFLOW_REGISTRY_URI"] = nil
    environment["MLFLOW_RUN_ID"] = run.text
    environment["MLFLOW_EXPERIMENT_ID"] = experiment.map { String($0) }
    // The lines that would name the run's page would stand in the trial's output.
    environment["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    guard environment.keys.contains(where: { $0.lowercased().hasSuffix("_proxy") }) else { return }
    for name in ["NO_PROXY", "no_proxy"] {
      environment[name] = (environment[name].map { $0 + "," } ?? "") + "127.0.0.1,localhost"
    }
  }

  /// Returns where the process of a job is started.
  func workingDirectory(inJobDirectory directory: String) -> String {
    if case .command(_, let code, _) = sweep.spec.work {
      return code.isEmpty || sweep.spec.surroundings.snapshot != nil ? directory + "/work" : code
    }
    return directory
  }

  // Azure's components name a swept parameter as an input: the trial's own value goes first.
  private func value(
    of reference: CommandTemplate.Reference, _ parameters: TrialValues, _ directory: String
  ) -> String? {
    if reference.kind == .outputs { return directory + "/outputs/" + reference.name }
    let given = reference.kind == .inputs ? sweep.spec.inputs[reference.name] : nil
    return parameters.text(at: reference.path) ?? given.map { TrialValues.text(ofInput: $0) }
  }
}
