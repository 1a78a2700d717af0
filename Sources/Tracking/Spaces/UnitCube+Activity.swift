extension UnitCube {
  /// When a parameter is active, in terms of dimensions, worked out once.
  struct Activity: Sendable, Equatable {
    /// A condition on a dimension; it holds only while that dimension is active.
    struct Rule: Sendable, Equatable {
      var parent: Int
      var condition: ParameterSpace.Condition
      /// Whether each cell of the parent fulfils the condition; empty for a continuum.
      var isFulfilled: [Bool]
      var cells: Cells

      static func == (left: Rule, right: Rule) -> Bool {
        left.parent == right.parent && left.condition == right.condition
      }
    }

    /// All must hold.
    var rules: [Rule] = []
    /// True when a condition is on a parameter with one value, and that is another one.
    var isNever = false

    static let always = Activity()

    /// - Parameters:
    ///   - places: the dimensions by their parameters' names.
    ///   - steps: the parameters before this one, with their value where they have only one.
    ///   - known: the activities of the parameters before this one.
    init(
      of parameter: ParameterSpace, places: [String: Int], cells: [Cells], steps: [(name: String, only: Value)],
      _ known: [String: Activity]
    ) {
      for condition in parameter.conditions {
        if let parent = places[condition.parameter] {
          let values = (0..<(cells[parent].tableCount ?? 0)).map {
            cells[parent].value(at: cells[parent].middle(ofCell: $0))
          }
          rules.append(
            Rule(
              parent: parent, condition: condition, isFulfilled: values.map(condition.holds), cells: cells[parent]))
        } else if let only = steps.first(where: { $0.name == condition.parameter })?.only, condition.holds(for: only) {
          let inherited = known[condition.parameter] ?? .always
          rules += inherited.rules
          isNever = isNever || inherited.isNever
        } else {
          isNever = true
        }
      }
    }

    private init() {}

    /// - Parameter place: the place of a dimension; nil while it is not active.
    @inline(__always)
    func holds(_ place: (Int) -> Double?) -> Bool {
      if isNever { return false }
      for rule in rules {
        guard let u = place(rule.parent) else { return false }
        if !rule.isFulfilled.isEmpty, let cell = rule.cells.cell(at: u) {
          if !rule.isFulfilled[cell] { return false }
        } else if !rule.condition.holds(for: rule.cells.value(at: u)) {
          return false
        }
      }
      return true
    }
  }
}

extension UnitCube.Cells {
  /// How many cells there are, where they are in a table.
  var tableCount: Int? {
    switch self {
    case .equal(let values, _): values.count
    case .unequal(let values, _, _): values.count
    default: nil
    }
  }
}
