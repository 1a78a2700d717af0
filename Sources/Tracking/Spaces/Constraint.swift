/// A condition between parameters of a configuration: `beta_1 < beta_2`, `layers * width <= 4096 or optimizer == 'sgd'`.
///
/// Comparisons (`<`, `<=`, `>`, `>=`, `==`, `!=`, also in a row: `0 < a < b`) of sums and products of numbers and names,
/// joined by `and`, `or` and `not`, with parentheses; texts stand in quotes and are compared by `==` and `!=`. Where a
/// name in it is not active, a constraint holds.
public struct Constraint: Sendable, Hashable {
  /// As it is written.
  public let text: String
  /// The names in it, each once, in the order of their first use.
  public let names: [String]
  /// Those of the names that are calculated with or put in order: numbers.
  public let numericNames: Set<String>
  let condition: Expression

  /// Reads a constraint.
  ///
  /// - Throws: `.invalid` that says what is wrong and where.
  public init(_ text: String) throws {
    var parser = ConstraintParser(text)
    condition = try parser.condition()
    self.text = text
    names = parser.names
    numericNames = parser.numericNames
  }

  /// Returns whether the constraint holds.
  ///
  /// - Parameter value: the value of the name with an index in `names`; nil while it is not active.
  public func holds(_ value: (Int) -> Value?) -> Bool {
    for index in names.indices where value(index) == nil { return true }
    return condition.truth(value) ?? false
  }

  /// Equal texts are equal constraints.
  public static func == (left: Constraint, right: Constraint) -> Bool { left.text == right.text }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Constraint {
  indirect enum Expression: Sendable {
    case value(Value)
    case name(Int)
    case minus(Expression)
    case sum(Expression, Expression)
    case difference(Expression, Expression)
    case product(Expression, Expression)
    case quotient(Expression, Expression)
    case comparison(Expression, Comparison, Expression)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)

    enum Comparison: String, Sendable, CaseIterable {
      case lessOrEqual = "<="
      case greaterOrEqual = ">="
      case equal = "=="
      case unequal = "!="
      case less = "<"
      case greater = ">"

      var isOrder: Bool { self != .equal && self != .unequal }
    }

    /// The number that this is; nil for anything else.
    func number(_ value: (Int) -> Value?) -> Double? {
      switch self {
      case .value(let literal): return literal.number
      case .name(let index): return value(index)?.number
      case .minus(let inner): return inner.number(value).map { -$0 }
      case .sum(let left, let right): return Self.both(left, right, value, +)
      case .difference(let left, let right): return Self.both(left, right, value, -)
      case .product(let left, let right): return Self.both(left, right, value, *)
      case .quotient(let left, let right): return Self.both(left, right, value, /)
      case .comparison, .not, .and, .or: return nil
      }
    }

    private static func both(
      _ left: Expression, _ right: Expression, _ value: (Int) -> Value?, _ deed: (Double, Double) -> Double
    ) -> Double? {
      guard let left = left.number(value), let right = right.number(value) else { return nil }
      return deed(left, right)
    }

    /// The truth value that this is; nil for anything else.
    func truth(_ value: (Int) -> Value?) -> Bool? {
      switch self {
      case .value(let literal): return literal.boolean
      case .name(let index): return value(index)?.boolean
      case .not(let inner): return inner.truth(value).map { !$0 }
      case .and(let left, let right): return (left.truth(value) ?? false) && (right.truth(value) ?? false)
      case .or(let left, let right): return (left.truth(value) ?? false) || (right.truth(value) ?? false)
      case .comparison(let left, let comparison, let right):
        if let first = left.number(value), let second = right.number(value) {
          switch comparison {
          case .less: return first < second
          case .lessOrEqual: return first <= second
          case .greater: return first > second
          case .greaterOrEqual: return first >= second
          case .equal: return first == second
          case .unequal: return first != second
          }
        }
        if comparison.isOrder { return nil }
        let isEqual = left.plain(value) == right.plain(value)
        return isEqual == (comparison == .equal)
      default: return nil
      }
    }

    // What is compared where it is no number.
    private func plain(_ value: (Int) -> Value?) -> Value? {
      switch self {
      case .value(let literal): literal
      case .name(let index): value(index)
      default: number(value).map { .real($0) } ?? truth(value).map { .boolean($0) }
      }
    }
  }
}
