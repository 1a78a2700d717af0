/// What a sweep is asked to do: the checked and complete form of a spec file.
///
/// `value` and `init(value:)` are its recorded form; `schema/sweep.schema.json` describes the file that people write.
public struct SweepSpec: Sendable, Equatable {
  /// A plugin's name with its options.
  public struct Choice: Sendable, Equatable {
    /// The plugin's name.
    public var name: String
    /// Its options by name.
    public var options: [String: Value]

    /// Chooses a plugin.
    public init(_ name: String, options: [String: Value] = [:]) {
      self.name = name
      self.options = options
    }
  }

  /// What a trial executes.
  public enum Work: Sendable, Equatable {
    /// A trainer plugin, with parameters that are the same in every trial; a proposed value goes before a fixed one.
    case trainer(String, fixed: [String: Value])
    /// A shell command with `${{search_space.x}}` and `${{inputs.x}}` in it, run in `code` (an absolute path).
    case command(String, code: String, environment: [String: String])
  }

  /// The bounds of a sweep.
  public struct Limits: Sendable, Equatable {
    /// How many trials there may be, at least 1.
    public var maxTotalTrials: Int
    /// How many trials may run at once, at least 1.
    public var maxConcurrentTrials: Int
    /// Seconds for the whole sweep; nil for no bound.
    public var timeout: Double?
    /// Seconds for one attempt at a trial; nil for no bound.
    public var trialTimeout: Double?
    /// How many more attempts a failed trial gets, at least 0.
    public var maxRetries: Int
    /// Seconds between SIGTERM and SIGKILL when a trial is stopped.
    public var grace: Double

    /// Sets the bounds.
    public init(
      maxTotalTrials: Int, maxConcurrentTrials: Int = 1, timeout: Double? = nil, trialTimeout: Double? = nil,
      maxRetries: Int = 0, grace: Double = 5
    ) {
      self.maxTotalTrials = maxTotalTrials
      self.maxConcurrentTrials = maxConcurrentTrials
      self.timeout = timeout
      self.trialTimeout = trialTimeout
      self.maxRetries = maxRetries
      self.grace = grace
    }
  }

  /// A metric found in a trial's output: the first capture group of every match, in order.
  public struct MetricPattern: Sendable, Equatable {
    /// The metric's name.
    public var name: String
    /// The regular expression.
    public var regex: String

    /// Names a pattern.
    public init(name: String, regex: String) {
      self.name = name
      self.regex = regex
    }
  }

  /// What is done about a trial that does not come out the same when it is run twice.
  public enum Determinism: String, Sendable, CaseIterable {
    /// The first trial is run twice, and how far the two lie apart is recorded.
    case check
    /// Likewise, and the sweep fails when they are not identical.
    case require
  }

  /// The experiment's name.
  public var experiment: String
  /// A name for people.
  public var displayName: String?
  /// What it is about.
  public var description: String
  /// Tags of the parent run.
  public var tags: [String: String]
  /// What a trial executes.
  public var work: Work
  /// What trials of a command find around them.
  public var surroundings: Surroundings
  /// Declared inputs: literals, and paths as absolute texts.
  public var inputs: [String: Value]
  /// The names of `inputs` that are paths.
  public var inputPaths: Set<String>
  /// What is searched.
  public var space: SearchSpace
  /// The search strategy.
  public var strategy: Choice
  /// What is optimised.
  public var objective: Objective
  /// What is optimised beside it, for strategies that search for a Pareto front; empty for one objective.
  public var otherObjectives: [Objective]
  /// What other metrics must keep to, for a trial to be a candidate for the best.
  public var constraints: [Constraint]
  /// How many times each configuration is evaluated, at least 1: more for noisy objectives.
  public var repeats: Int
  /// What a trial can be given more or less of; nil where that is not declared.
  public var resource: Resource?
  /// What ends the sweep beside its limits.
  public var completion: Completion
  /// What earlier sweeps found, in the order in which strategies may use it; taken from their records when the sweep was
  /// started.
  public var priorTrials: [PriorTrial]
  /// The sweeps that `priorTrials` were taken from, with what was not taken.
  public var parents: [Parent]
  /// The termination policy; nil for none.
  public var earlyTermination: Choice?
  /// The bounds.
  public var limits: Limits
  /// Metrics found in the output of a command.
  public var metrics: [MetricPattern]
  /// Configurations that are tried first, in order.
  public var enqueued: [[Parameter]]
  /// The seed of every draw.
  public var seed: UInt64
  /// Whether the first trial is run twice; nil for no.
  public var determinism: Determinism?

  /// Makes a spec of all its fields.
  public init(
    experiment: String, displayName: String? = nil, description: String = "", tags: [String: String] = [:],
    work: Work, surroundings: Surroundings = Surroundings(), inputs: [String: Value] = [:],
    inputPaths: Set<String> = [], space: SearchSpace, strategy: Choice, objective: Objective,
    otherObjectives: [Objective] = [], constraints: [Constraint] = [],
    repeats: Int = 1, resource: Resource? = nil, completion: Completion = Completion(),
    priorTrials: [PriorTrial] = [], parents: [Parent] = [], earlyTermination: Choice? = nil, limits: Limits,
    metrics: [MetricPattern] = [], enqueued: [[Parameter]] = [], seed: UInt64, determinism: Determinism? = nil
  ) {
    self.otherObjectives = otherObjectives
    self.constraints = constraints
    self.repeats = repeats
    self.resource = resource
    self.completion = completion
    self.priorTrials = priorTrials
    self.parents = parents
    self.experiment = experiment
    self.displayName = displayName
    self.description = description
    self.tags = tags
    self.work = work
    self.surroundings = surroundings
    self.inputs = inputs
    self.inputPaths = inputPaths
    self.space = space
    self.strategy = strategy
    self.objective = objective
    self.earlyTermination = earlyTermination
    self.limits = limits
    self.metrics = metrics
    self.enqueued = enqueued
    self.seed = seed
    self.determinism = determinism
  }

  /// Returns by how much the seed of a trial is above the sweep's: 0 but for repeated evaluations of a configuration, each
  /// of which has its own.
  public func seedOffset(ofTrial number: Int) -> Int { number % max(1, repeats) }
}
