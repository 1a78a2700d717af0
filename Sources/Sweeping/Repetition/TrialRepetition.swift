public import Tracking

/// The job that executes a command's trial again as another run, and what of it is recorded while it goes.
///
/// It finds all that the trial found: parameters, inputs, seed, number, code. Only its run is another.
public struct TrialRepetition {
  /// What may be otherwise than it was.
  public struct Changes: Sendable {
    /// The artifact with the code in a copy of which it works; nil for none.
    public var code: Digest?
    /// Inputs that are elsewhere now, by name: absolute paths.
    public var inputs: [String: String]
    /// What goes first in `PATH` instead of what the spec says; nil for that.
    public var programs: String?

    /// Names changes.
    public init(code: Digest? = nil, inputs: [String: String] = [:], programs: String? = nil) {
      self.code = code
      self.inputs = inputs
      self.programs = programs
    }
  }

  /// The job; its directory is there.
  public let job: Job
  /// How it is watched.
  public var watch: JobWatch

  /// Prepares the job.
  ///
  /// - Parameters:
  ///   - trial: the trial, as it was in the end.
  ///   - run: the new run, which has been recorded.
  ///   - environment: what it inherits; variables that begin with `RUNS_` are left out.
  ///   - door: where it logs as a client of MLflow; nil for nowhere.
  /// - Throws: `.conflict` for a trial that began with another's checkpoint, or whose sweep executes no command.
  public init(
    of trial: Trial, in sweep: Sweep, as run: RunID, changes: Changes, store: any TrackingStore,
    artifacts: any ArtifactStore, paths: SweepPaths, runsExecutable: String, environment: [String: String],
    door: TrialDoor?
  ) throws {
    var sweep = sweep
    guard case .command(let command, _, _) = sweep.spec.work, !sweep.spec.isManual else {
      throw TrackingError(
        .conflict, "the trials of sweep '\(sweep.run)' execute no command that could be executed again")
    }
    if let source = trial.continues {
      throw TrackingError(
        .conflict,
        "trial '\(trial.run)' began with the checkpoint of '\(source)', which is not kept, so it cannot be run again alone"
      )
    }
    if let code = changes.code { sweep.spec.surroundings.snapshot = code }
    if let programs = changes.programs { sweep.spec.surroundings.programs = programs }
    for (name, path) in changes.inputs { sweep.spec.inputs[name] = .text(path) }
    let recipe = JobRecipe(
      sweep: sweep, paths: paths, runsExecutable: runsExecutable, inherited: environment, artifacts: artifacts,
      door: door,
      experiment: door == nil ? nil : try store.experiment(named: sweep.spec.experiment).id)
    var entry = TrialEntry(run: run, number: trial.number, parameters: trial.parameters, state: .running)
    // One that ended early logs on until it has logged what is to be compared.
    entry.allowance = trial.state == .finished ? trial.allowance : nil
    job = try recipe.job(of: entry, attempt: 1, isResumed: false)
    self.command = job.arguments.last ?? command
    watch = try JobWatch(
      of: job, run: run, patterns: sweep.spec.metrics, store: store, artifacts: artifacts)
  }

  /// The command with its placeholders filled.
  public let command: String

  /// Returns the command of a trial with its placeholders filled, and the variables that it reads beside those of every job.
  public static func command(of trial: Trial, in sweep: Sweep) -> (text: String, variables: [String: String]) {
    guard case .command(let command, _, let environment) = sweep.spec.work else { return ("", [:]) }
    let values = TrialValues(trial.parameters, in: sweep.spec.space)
    var variables: [String: String] = [
      TrialEnvironment.trial: String(trial.number),
      TrialEnvironment.seed: String(sweep.spec.seed &+ UInt64(sweep.spec.seedOffset(ofTrial: trial.number))),
    ]
    for (path, text) in values.texts { variables[TrialEnvironment.variable(ofParameterAt: path)] = text }
    func value(_ reference: CommandTemplate.Reference) -> String? {
      if reference.kind == .outputs { return "outputs/" + reference.name }
      let given = reference.kind == .inputs ? sweep.spec.inputs[reference.name] : nil
      return values.text(at: reference.path) ?? given.map { TrialValues.text(ofInput: $0) }
    }
    for (name, text) in environment { variables[name] = CommandTemplate(text).filled(isShell: false, value: value) }
    return (CommandTemplate(command).filled(isShell: true, value: value), variables)
  }
}
