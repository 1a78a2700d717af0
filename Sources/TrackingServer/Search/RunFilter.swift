internal import Tracking

/// A filter of runs in MLflow's grammar, as clauses of a query.
struct RunFilter {
  /// The clauses for the store.
  private(set) var clauses: [FilterClause] = []
  /// False when nothing can fit.
  private(set) var isPossible = true
  /// Conditions on the experiment's number.
  private var experiments: [SearchText.Clause] = []
  /// Conditions on the lifecycle stage.
  private var stages: [SearchText.Clause] = []

  private static let textComparators = ["!=", "=", "ILIKE", "LIKE"]
  private static let numberComparators = ["!=", "<", "<=", "=", ">", ">="]

  /// Reads a filter.
  ///
  /// - Parameter isRun: whether there is such a run, for filters by the parent.
  /// - Throws: 400 in MLflow's words.
  init(_ text: String, isRun: (String) throws -> Bool) throws {
    for clause in try SearchText.clauses(of: text) { try add(clause, isRun) }
  }

  /// Returns the experiments of a search that fit.
  func fitting(_ ids: [Int64]) -> [Int64] {
    ids.filter { id in experiments.allSatisfy { Matching.fits(String(id), $0.comparator, $0.operand) == true } }
  }

  /// Returns the stages of a search that fit; nil for none.
  func fitting(_ stage: RunQuery.Stage) -> RunQuery.Stage? {
    let fitting = [("active", false), ("deleted", true)].filter { name, isDeleted in
      stage.fits(isDeleted: isDeleted) && stages.allSatisfy { Matching.fits(name, $0.comparator, $0.operand) == true }
    }
    switch fitting.count {
    case 0: return nil
    case 1: return fitting[0].1 ? .deleted : .active
    default: return .all
    }
  }

  private mutating func add(_ clause: SearchText.Clause, _ isRun: (String) throws -> Bool) throws {
    if clause.operand == .none, clause.key.entity != "tag", clause.key.entity != "parameter" {
      throw APIError.invalid(
        "IS NULL / IS NOT NULL is only supported for tags and params, not for '\(clause.key.entity)' '\(clause.key.name)'"
      )
    }
    switch clause.key.entity {
    case "metric": try addNumber(.metric(clause.key.name), clause, expected: "metric")
    case "parameter":
      try checkQuoted(clause)
      try check(clause, Self.textComparators + ["IS NOT NULL", "IS NULL"])
      clauses.append(FilterClause(.parameter(clause.key.name), try text(clause, of: "parameter")))
    case "tag": try addTag(clause, isRun)
    case "dataset":
      guard let property = RunField.DatasetProperty(rawValue: clause.key.name) else {
        throw APIError.invalid(
          "Invalid dataset key '\(clause.key.name)' specified. Valid keys are '{'context', 'digest', 'name'}'")
      }
      try check(clause, Self.textComparators + ["IN", "NOT IN"])
      clauses.append(FilterClause(.dataset(property), try text(clause, of: "dataset attributes")))
    default: try addAttribute(clause)
    }
  }

  private func check(_ clause: SearchText.Clause, _ allowed: [String]) throws {
    guard allowed.contains(clause.comparator) else {
      let list = allowed.sorted().map { "'\($0)'" }.joined(separator: ", ")
      throw APIError.invalid("Invalid comparator '\(clause.comparator)' not one of '{\(list)}'")
    }
  }

  // MLflow looks at the value before the comparator.
  private func checkQuoted(_ clause: SearchText.Clause) throws {
    switch clause.operand {
    case .text, .none: break
    default:
      throw APIError.invalid(
        "Expected a quoted string value for \(clause.key.entity) (e.g. 'my-value'). Got value \(clause.written)")
    }
  }

  private mutating func addNumber(_ field: RunField, _ clause: SearchText.Clause, expected: String) throws {
    guard case .number(let written) = clause.operand, let number = Double(written) else {
      throw APIError.invalid("Expected numeric value type for \(expected). Found \(clause.written)")
    }
    try check(clause, Self.numberComparators)
    guard let comparison = FilterClause.NumberOperator(rawValue: clause.comparator) else { return }
    clauses.append(FilterClause(field, .number(comparison, number)))
  }

  private func text(_ clause: SearchText.Clause, of kind: String) throws -> FilterClause.Comparison {
    switch (clause.comparator, clause.operand) {
    case ("IS NULL", .none): return .isNull(negated: false)
    case ("IS NOT NULL", .none): return .isNull(negated: true)
    case ("=", .text(let text)): return .equals(text, negated: false)
    case ("!=", .text(let text)): return .equals(text, negated: true)
    case ("LIKE", .text(let text)): return .like(text, ignoringCase: false)
    case ("ILIKE", .text(let text)): return .like(text, ignoringCase: true)
    case ("IN", .texts(let texts)): return .oneOf(texts, negated: false)
    case ("NOT IN", .texts(let texts)): return .oneOf(texts, negated: true)
    case ("IN", _), ("NOT IN", _):
      throw APIError.invalid(
        "While parsing a list in the query, expected a non-empty list of string values, but got poorly formatted list")
    default:
      throw APIError.invalid("Expected a quoted string value for \(kind). Got value \(clause.written)")
    }
  }

  private mutating func addTag(_ clause: SearchText.Clause, _ isRun: (String) throws -> Bool) throws {
    try checkQuoted(clause)
    try check(clause, Self.textComparators + ["IS NOT NULL", "IS NULL"])
    let comparison = try text(clause, of: "tag")
    let field: RunField
    switch clause.key.name {
    case RunTag.name: field = .attribute(.name)
    case RunTag.parent:
      // A parent that is not recorded here is a tag like any other.
      if case .equals(let id, false) = comparison, try !isRun(id) {
        field = .tag(RunTag.parent)
      } else {
        field = .attribute(.parent)
      }
    default: field = .tag(clause.key.name)
    }
    clauses.append(FilterClause(field, comparison))
  }

  private mutating func addAttribute(_ clause: SearchText.Clause) throws {
    let attribute = try RunAttribute(clause.key.name)
    switch attribute {
    case .start: return try addNumber(.attribute(.started), clause, expected: "numeric attribute: \(clause.key.name)")
    case .end: return try addNumber(.attribute(.ended), clause, expected: "numeric attribute: \(clause.key.name)")
    default: break
    }
    if case .texts = clause.operand, ![.id, .experiment, .status].contains(attribute) {
      throw APIError.invalid("Only ['run_id'] attributes support comparison with a list of quoted string values.")
    }
    let comparison = try text(clause, of: "attributes")
    try check(clause, Self.textComparators + ["IN", "NOT IN"])
    switch attribute {
    case .id: clauses.append(FilterClause(.attribute(.id), comparison))
    case .name: clauses.append(FilterClause(.attribute(.name), comparison))
    case .user: clauses.append(FilterClause(.tag(RunTag.user), comparison))
    case .artifacts: addArtifacts(comparison)
    case .experiment: experiments.append(clause)
    case .stage: stages.append(clause)
    case .status:
      let states = RunState.allCases.filter {
        Matching.fits(RunStatus($0).rawValue, clause.comparator, clause.operand) == true
      }
      if states.isEmpty { isPossible = false }
      clauses.append(FilterClause(.attribute(.state), .oneOf(states.map(\.rawValue), negated: false)))
    case .start, .end: break
    }
  }

  // `mlflow-artifacts:/EXPERIMENT/RUN/artifacts` names a run; a pattern is looked for in the run's id.
  private mutating func addArtifacts(_ comparison: FilterClause.Comparison) {
    func run(_ address: String) -> String {
      var parts = address.split(separator: "/", omittingEmptySubsequences: false)
      if parts.first == "mlflow-artifacts:" { parts.removeFirst(min(2, parts.count)) }
      if parts.last == "artifacts" { parts.removeLast() }
      return parts.joined(separator: "/")
    }
    switch comparison {
    case .equals(let text, let negated):
      clauses.append(FilterClause(.attribute(.id), .equals(run(text), negated: negated)))
    case .like(let text, let ignoringCase):
      clauses.append(FilterClause(.attribute(.id), .like(run(text), ignoringCase: ignoringCase)))
    default: clauses.append(FilterClause(.attribute(.id), comparison))
    }
  }
}

/// MLflow's attributes of a run.
enum RunAttribute: String {
  case id = "run_id"
  case name = "run_name"
  case status
  case user = "user_id"
  case artifacts = "artifact_uri"
  case experiment = "experiment_id"
  case stage = "lifecycle_stage"
  case start = "start_time"
  case end = "end_time"

  /// Reads a key, in any of its spellings.
  init(_ key: String) throws {
    switch key {
    case "created", "Created": self = .start
    case "run name", "Run name", "Run Name": self = .name
    default:
      guard let attribute = RunAttribute(rawValue: key) else {
        throw APIError.invalid(
          "Invalid attribute key '\(key.prefix(250))' specified. Valid keys are '{'Created', 'Run Name', 'Run name', "
            + "'artifact_uri', 'created', 'end_time', 'experiment_id', 'lifecycle_stage', 'run name', 'run_id', 'run_name', "
            + "'start_time', 'status', 'user_id'}'")
      }
      self = attribute
    }
  }
}

/// Orders of runs in MLflow's grammar.
enum RunOrder {
  /// Reads `order_by`; ties go by start, newest first.
  ///
  /// - Throws: 400 in MLflow's words.
  static func read(_ texts: [String]) throws -> [RunQuery.Order] {
    var order = try texts.map { text in
      let (key, ascending) = try SearchText.order(of: text)
      return RunQuery.Order(try field(key), ascending: ascending)
    }
    if !order.contains(where: { $0.field == .attribute(.started) }) {
      order.append(RunQuery.Order(.attribute(.started), ascending: false))
    }
    return order
  }

  private static func field(_ key: SearchText.Key) throws -> RunField {
    switch key.entity {
    case "metric": return .metric(key.name)
    case "parameter": return .parameter(key.name)
    case "tag":
      switch key.name {
      case RunTag.name: return .attribute(.name)
      case RunTag.parent: return .attribute(.parent)
      default: return .tag(key.name)
      }
    case "dataset": throw APIError.invalid("Invalid order_by entity type 'dataset'")
    default:
      switch try RunAttribute(key.name) {
      case .id, .artifacts: return .attribute(.id)
      case .name: return .attribute(.name)
      case .status: return .attribute(.state)
      case .user: return .tag(RunTag.user)
      case .experiment: return .attribute(.experiment)
      case .start: return .attribute(.started)
      case .end: return .attribute(.ended)
      case .stage: throw APIError.invalid("Invalid order_by attribute 'lifecycle_stage'")
      }
    }
  }
}
