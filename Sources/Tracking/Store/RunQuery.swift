/// A description of runs: which, in what order, how many, and what to bring along.
public struct RunQuery: Sendable, Equatable {
  /// One key of an order; missing values stand last either way, NaN just before them.
  public struct Order: Sendable, Equatable {
    /// What to order by.
    public var field: RunField
    /// True for smallest first.
    public var ascending: Bool

    /// Makes a key of an order.
    public init(_ field: RunField, ascending: Bool = true) {
      self.field = field
      self.ascending = ascending
    }
  }

  /// Which runs a query sees, by whether they were deleted.
  public enum Stage: String, Sendable, CaseIterable {
    /// Those that were not.
    case active
    /// Those that were.
    case deleted
    /// Both.
    case all
  }

  /// Every clause must hold.
  public var filter: [FilterClause]
  /// Only the runs of these experiments, by their names; empty for all.
  public var experiments: [String]
  /// Only the children of this run; nil for all.
  public var parent: RunID?
  /// Only runs of these kinds.
  public var kinds: Set<RunKind>
  /// Whether runs that were deleted are found.
  public var stage: Stage
  /// The order; ties, and an empty order, go by creation (newest first), then by id.
  public var order: [Order]
  /// How many runs at most, at least 1.
  public var limit: Int
  /// The page to go on from: `RunPage.next` of the same query.
  public var pageToken: String?
  /// True to bring each run's parameters, tags and latest metric values along.
  public var includesDetails: Bool
  /// True to bring, with the details, the datasets that went into each run and the models that came out of it along.
  public var includesInputs: Bool

  /// Describes runs; by default every one, newest first, 100 a page.
  public init(
    filter: [FilterClause] = [], experiments: [String] = [], parent: RunID? = nil,
    kinds: Set<RunKind> = Set(RunKind.allCases), stage: Stage = .active, order: [Order] = [], limit: Int = 100,
    pageToken: String? = nil, includesDetails: Bool = true, includesInputs: Bool = false
  ) {
    self.filter = filter
    self.experiments = experiments
    self.parent = parent
    self.kinds = kinds
    self.stage = stage
    self.order = order
    self.limit = limit
    self.pageToken = pageToken
    self.includesDetails = includesDetails
    self.includesInputs = includesInputs
  }
}

/// A run that a query found, with what it asked for.
public struct RunRow: Sendable, Equatable {
  /// The run.
  public var run: Run
  /// Its parameters in recorded order; empty when the query did not ask.
  public var parameters: [Parameter]
  /// Its tags; empty when the query did not ask.
  public var tags: [String: String]
  /// The summaries of its counted series, by name; empty when the query did not ask.
  public var metrics: [SeriesSummary]
  /// The datasets that went into it, in recorded order; empty when the query did not ask.
  public var inputs: [RunInput]
  /// The logged models that came out of it, in recorded order; empty when the query did not ask.
  public var outputs: [RunOutput]

  /// Makes a row of all its fields.
  public init(
    run: Run, parameters: [Parameter] = [], tags: [String: String] = [:], metrics: [SeriesSummary] = [],
    inputs: [RunInput] = [], outputs: [RunOutput] = []
  ) {
    self.run = run
    self.parameters = parameters
    self.tags = tags
    self.metrics = metrics
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// A page of a query's runs.
public struct RunPage: Sendable, Equatable {
  /// The rows, in the query's order.
  public var rows: [RunRow]
  /// The token of the next page; nil on the last.
  public var next: String?

  /// Makes a page.
  public init(rows: [RunRow], next: String? = nil) {
    self.rows = rows
    self.next = next
  }
}

/// Something of a run that can be filtered and ordered by.
public enum RunField: Sendable, Hashable {
  /// The latest value of a metric (of the counted attempt).
  case metric(String)
  /// A parameter.
  case parameter(String)
  /// A tag.
  case tag(String)
  /// A property of the datasets that went into the run; holds when it holds for one of them. No order goes by it.
  case dataset(DatasetProperty)
  /// A property of the run itself.
  case attribute(Attribute)

  /// The properties of a dataset that can be filtered by; all are texts.
  public enum DatasetProperty: String, Sendable, CaseIterable {
    /// The name.
    case name
    /// The digest.
    case digest
    /// What it served for: the tag `mlflow.data.context` of the input.
    case context
  }

  /// The properties of a run that can be filtered and ordered by.
  public enum Attribute: String, Sendable, CaseIterable {
    /// The id.
    case id
    /// The name.
    case name
    /// The state.
    case state
    /// The kind.
    case kind
    /// The experiment's name.
    case experiment
    /// The parent's id.
    case parent
    /// The trial's number.
    case number
    /// When it was recorded, milliseconds since 1970 UTC.
    case created
    /// When it first was running, milliseconds since 1970 UTC.
    case started
    /// When it ended, milliseconds since 1970 UTC.
    case ended

    /// True for those that are numbers.
    public var isNumeric: Bool { [.number, .created, .started, .ended].contains(self) }
  }
}

/// One clause of a filter; a run without the field fits none but `isNull`.
public struct FilterClause: Sendable, Equatable {
  /// How a field is compared.
  public enum Comparison: Sendable, Equatable {
    /// With a number.
    case number(NumberOperator, Double)
    /// With a text: equal or (negated) different.
    case equals(String, negated: Bool)
    /// With a pattern of `%` (any text) and `_` (any character).
    case like(String, ignoringCase: Bool)
    /// With several texts.
    case oneOf([String], negated: Bool)
    /// Whether it is there at all.
    case isNull(negated: Bool)
  }

  /// The comparisons of numbers.
  public enum NumberOperator: String, Sendable, CaseIterable {
    /// Smaller.
    case less = "<"
    /// Smaller or equal.
    case atMost = "<="
    /// Equal.
    case equal = "="
    /// Different; NaN is different from every number.
    case notEqual = "!="
    /// Greater or equal.
    case atLeast = ">="
    /// Greater.
    case greater = ">"
  }

  /// What is compared.
  public var field: RunField
  /// How, and with what.
  public var comparison: Comparison

  /// Makes a clause.
  public init(_ field: RunField, _ comparison: Comparison) {
    self.field = field
    self.comparison = comparison
  }
}
