/// The names that a spec may have, section by section. `schema/sweep.schema.json` and `docs/spec.md` list the same.
enum SpecKeys {
  static let top = [
    "$schema", "type", "name", "display_name", "description", "experiment_name", "tags", "trial", "inputs", "outputs",
    "search_space", "sampling_algorithm", "objective", "early_termination", "limits", "metrics", "enqueue", "seed",
    "objectives", "constraints", "repeats", "resource", "completion", "warm_start", "resume_from", "deterministic",
    "where", "azure_compatible", "assets", "environments",
  ]
  /// What Azure reads and a single machine has no use for.
  static let topIgnored = [
    "compute", "identity", "services", "resources", "queue_settings", "properties", "creation_context", "id", "status",
    "log_files",
  ]
  static let trial = [
    "command", "code", "snapshot", "environment", "environment_variables", "trainer", "parameters",
  ]
  static let trialIgnored = ["distribution", "resources", "queue_settings"]
  static let limits = [
    "max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout", "max_retries", "grace",
    "max_total_resource",
  ]
  static let objective = ["primary_metric", "goal", "goal_is_intended", "select", "target"]
  static let selection = ["mean_of_last"]
  static let constraint = ["metric", "at_most", "at_least", "select"]
  static let completion = ["target", "max_trials_not_improving", "tolerance", "convergence"]
  static let resource = ["min", "max"]
  static let warmStart = ["sweeps", "type"]
  static let metric = ["name", "regex"]
  static let input = ["value", "path", "type", "mode", "path_on_compute", "datastore"]
  static let output = ["type", "mode"]
  static let environment = ["python"]
  static let outputIgnored = ["path", "name", "version"]
  static let grid = ["count", "step"]
  static let prior = ["mean", "mu", "sigma"]
  static let bounds = ["min", "max"]
  /// What every parameter may have beside its type's own.
  static let parameter = ["type", "when", "grid", "default", "prior"]

  /// Each type of parameter with the names that it needs.
  static let types: [String: [String]] = [
    "choice": ["values"], "categorical": ["values"], "fixed": ["value"], "randint": ["upper"],
    "continuous": ["min", "max"], "integer": ["min", "max"],
    "uniform": ["min_value", "max_value"], "quniform": ["min_value", "max_value", "q"],
    "loguniform": ["min_value", "max_value"], "qloguniform": ["min_value", "max_value", "q"],
    "normal": ["mu", "sigma"], "qnormal": ["mu", "sigma", "q"],
    "lognormal": ["mu", "sigma"], "qlognormal": ["mu", "sigma", "q"],
  ]
  /// Each type of parameter with the names that it may have.
  static let optional: [String: [String]] = [
    "choice": ["ordered"], "categorical": ["ordered"], "continuous": ["scale", "step", "q"],
    "integer": ["scale", "step"], "quniform": rounding, "qloguniform": rounding, "qnormal": rounding,
    "qlognormal": rounding,
  ]
  private static let rounding = ["as", "azure_compatible"]
  /// Where SageMaker's lists of ranges may stand, and their names.
  static let ranges = ["ParameterRanges", "HyperParameterRanges"]
  static let rangeLists = ["ContinuousParameterRanges", "IntegerParameterRanges", "CategoricalParameterRanges"]
  static let range = ["Name", "MinValue", "MaxValue", "ScalingType", "Values"]

  /// Every section with its names, to tell where a misplaced one belongs.
  static let sections: [(name: String, names: [String])] = [
    ("limits", limits), ("objective", objective), ("completion", completion), ("trial", trial), ("the spec", top),
  ]
}
