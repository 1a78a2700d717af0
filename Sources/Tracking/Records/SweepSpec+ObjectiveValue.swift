extension SweepSpec.Objective.Selection {
  /// The recorded form: `best`, `last` or `mean_of_last:K`.
  public var text: String {
    switch self {
    case .best: "best"
    case .last: "last"
    case .meanOfLast(let count): "mean_of_last:\(count)"
    }
  }

  /// Reads the recorded form; nil when it is none.
  public init?(text: String) {
    let parts = text.split(separator: ":")
    switch (parts.first, parts.count == 2 ? Int(parts[1]) : nil) {
    case ("best", nil) where parts.count == 1: self = .best
    case ("last", nil) where parts.count == 1: self = .last
    case ("mean_of_last", let count?) where count > 0: self = .meanOfLast(count)
    default: return nil
    }
  }
}

extension SweepSpec.Objective {
  /// The recorded form.
  public var value: Value {
    var members: [String: Value] = ["primary_metric": .text(metric), "goal": .text(goal.rawValue)]
    if selection != .best { members["select"] = .text(selection.text) }
    return .object(members)
  }

  /// Reads the recorded form; nil when metric or goal is missing.
  public init?(value: Value) {
    guard let metric = value["primary_metric"]?.text, let goal = Goal(rawValue: value["goal"]?.text ?? ""),
      let selection = Selection(text: value["select"]?.text ?? "best")
    else { return nil }
    self.init(metric: metric, goal: goal, selection: selection)
  }
}

extension SweepSpec.Constraint {
  /// The recorded form.
  public var value: Value {
    [
      "metric": .text(metric), "sense": .text(isUpper ? "at_most" : "at_least"), "bound": .real(bound),
      "select": .text(selection.text),
    ]
  }

  /// Reads the recorded form; nil when something is missing.
  public init?(value: Value) {
    guard let metric = value["metric"]?.text, let bound = value["bound"]?.number,
      let selection = SweepSpec.Objective.Selection(text: value["select"]?.text ?? "last")
    else { return nil }
    self.init(metric: metric, isUpper: value["sense"]?.text != "at_least", bound: bound, selection: selection)
  }
}

extension SweepSpec.Resource {
  /// The recorded form.
  public var value: Value { ["min": .integer(Int64(minimum)), "max": .integer(Int64(maximum))] }

  /// Reads the recorded form; nil when the maximum is missing.
  public init?(value: Value) {
    guard let maximum = value["max"]?.integer else { return nil }
    self.init(minimum: Int(value["min"]?.integer ?? 1), maximum: Int(maximum))
  }
}

extension SweepSpec.Completion {
  /// The recorded form.
  public var value: Value {
    var members: [String: Value] = ["tolerance": .real(tolerance)]
    if let target { members["target"] = .real(target) }
    if let patience { members["patience"] = .integer(Int64(patience)) }
    if let convergence { members["convergence"] = .real(convergence) }
    if let totalResource { members["total_resource"] = .integer(Int64(totalResource)) }
    return .object(members)
  }

  /// Reads the recorded form; what is missing is not asked for.
  public init(value: Value) {
    self.init(
      target: value["target"]?.number, patience: value["patience"]?.integer.map { Int($0) },
      tolerance: value["tolerance"]?.number ?? 0, convergence: value["convergence"]?.number,
      totalResource: value["total_resource"]?.integer.map { Int($0) })
  }
}
