/// How a process that executes a trainer's trial (`runs trial-run`) says how it ended: by its exit code, and in the file
/// `end` of its job directory, whose text becomes the trial's reason.
public enum TrainerExit {
  /// It trained to its end.
  public static let finished: Int32 = 0
  /// It failed; tried again while `max_retries` allows.
  public static let failed: Int32 = 1
  /// Its parameters or data make no sense; not tried again.
  public static let refused: Int32 = 2
  /// The numbers ran away; the trial counts as finished with what it logged.
  public static let diverged: Int32 = 3
  /// It was asked to stop, or has logged as many points as it is allowed, and left a checkpoint. A command says so too: a
  /// trial that leaves with 0 has finished.
  public static let yielded: Int32 = 4
  /// The name of the file in the job directory that holds the message.
  public static let messageFile = "end"
}

/// The names of the environment variables that a trial's process finds.
public enum TrialEnvironment {
  /// The store's directory.
  public static let store = "RUNS_STORE"
  /// The trial's run id.
  public static let run = "RUNS_RUN_ID"
  /// The sweep's run id.
  public static let sweep = "RUNS_SWEEP_ID"
  /// The trial's number in its sweep, from 0.
  public static let trial = "RUNS_TRIAL"
  /// The attempt's number, from 1.
  public static let attempt = "RUNS_ATTEMPT"
  /// The trial's seed, in decimal: the sweep's, and with `repeats` one more for each further evaluation.
  public static let seed = "RUNS_SEED"
  /// The job's name, `<run>.<attempt>`.
  public static let job = "RUNS_JOB"
  /// The job's directory.
  public static let jobDirectory = "RUNS_JOB_DIR"
  /// An empty directory for what the trial leaves behind.
  public static let outputDirectory = "RUNS_OUTPUT_DIR"
  /// A file to which the process may append what is to be recorded, a JSON object a line: `docs/run-log.md`.
  public static let log = "RUNS_LOG"
  /// How many points of the primary metric the trial may log, those of earlier attempts included, before it is to leave a
  /// checkpoint and yield; not set for as many as it likes.
  public static let allowance = "RUNS_ALLOWANCE"
  /// `1` for a trial that goes on from what is in its checkpoint directory; not set otherwise.
  public static let resumed = "RUNS_RESUMED"
  /// A directory that all attempts at the trial share, for the trial to make.
  public static let checkpointDirectory = "RUNS_CHECKPOINT_DIR"
  /// A parameter: this, followed by its name in upper case.
  public static let parameterPrefix = "RUNS_PARAM_"
  /// An input: this, followed by its name in upper case.
  public static let inputPrefix = "RUNS_INPUT_"
  /// The directory of a declared output: this, followed by its name in upper case.
  public static let outputPrefix = "RUNS_OUTPUT_"
  /// A parameter or input under Azure's name: this, followed by its name as it is written.
  public static let azurePrefix = "AZUREML_SWEEP_"
  /// The same under Azure's older name.
  public static let azureParameterPrefix = "AZUREML_PARAMETER_"
  static let azurePrefixes = [azurePrefix, azureParameterPrefix]
  /// The trial's run id under Azure's name.
  public static let azureRun = "AZUREML_RUN_ID"
  /// The experiment's name, for MLflow's client.
  public static let experimentName = "MLFLOW_EXPERIMENT_NAME"
}

/// The tags by which a sweep records what it was asked to do and what it is doing.
public enum SweepTag {
  /// On a sweep: a person wants it stopped for good; the text says why. Removed when it is taken up again.
  public static let stopRequested = "runs.stop_requested"
  /// On a sweep: the milliseconds between its first start and now during which nobody drove it.
  public static let undriven = "runs.undriven_ms"
  /// On a sweep: `TRY PLUGIN: MESSAGE` of the last time a strategy or policy could not decide.
  public static let failedAsk = "runs.failed_ask"
  /// On a trial: `ATTEMPT CAUSE` of the attempt that was last asked to end, recorded before it is asked.
  public static let interrupted = "runs.interrupted"
  /// On a trial: `ATTEMPT SERIES` of a last attempt that goes on, SERIES being a JSON object of `[points, largest step]` by
  /// metric: what was on record when it began.
  public static let before = "runs.points_before"
  /// On a run: `ATTEMPT BYTES LINES`: how far the run log of an attempt that is under way is recorded.
  public static let logRead = "runs.log_read"
  /// On a trial: `ATTEMPT METRICS`, a JSON list: what the attempt logs itself, so that patterns do not look for it.
  public static let loggedTwice = "runs.logged_twice"
  /// On a trial: the command that its last attempt executes, with its placeholders filled.
  public static let command = "runs.command"
  /// On a sweep: what came of running its first trial twice, a JSON object: `trial`, `again`, `verdict`, `spread` (of the
  /// objective), or `problem`.
  public static let determinism = "runs.determinism"
  /// On a run: the first line of its run log that could not be recorded, and why.
  public static let logProblem = "runs.log_problem"
}
