/// Reads the text of a constraint.
struct ConstraintParser {
  private typealias Expression = Constraint.Expression

  private enum Token: Equatable {
    case number(Double)
    case text(String)
    case name(String)
    case sign(String)
  }

  private let source: String
  private var tokens: [(token: Token, column: Int)] = []
  private var at = 0
  private var depth = 0
  private(set) var names: [String] = []
  private(set) var numericNames: Set<String> = []
  private var lexical: TrackingError?

  init(_ source: String) {
    self.source = source
    do { tokens = try ConstraintParser.tokens(source) } catch { lexical = error }
  }

  mutating func condition() throws -> Constraint.Expression {
    if let lexical { throw lexical }
    if tokens.isEmpty { throw fault("is empty; write a comparison such as `a < b`") }
    let condition = try either()
    if at < tokens.count { throw fault("goes on with \(found) where it should have ended") }
    try require(condition, isTruth: true)
    return condition
  }

  // MARK: Grammar

  private mutating func either() throws -> Expression {
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw fault("is nested more than 100 deep") }
    var left = try all()
    while take(word: "or") {
      let right = try all()
      try require(left, isTruth: true)
      try require(right, isTruth: true)
      left = .or(left, right)
    }
    return left
  }

  private mutating func all() throws -> Expression {
    var left = try negation()
    while take(word: "and") {
      let right = try negation()
      try require(left, isTruth: true)
      try require(right, isTruth: true)
      left = .and(left, right)
    }
    return left
  }

  private mutating func negation() throws -> Expression {
    guard take(word: "not") else { return try comparison() }
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw fault("is nested more than 100 deep") }
    let inner = try negation()
    try require(inner, isTruth: true)
    return .not(inner)
  }

  private mutating func comparison() throws -> Expression {
    var left = try sum()
    var whole: Expression?
    while let sign = takeComparison() {
      let right = try sum()
      if sign.isOrder {
        try require(left, isTruth: false)
        try require(right, isTruth: false)
      }
      let piece = Expression.comparison(left, sign, right)
      whole = whole.map { .and($0, piece) } ?? piece
      left = right
    }
    return whole ?? left
  }

  private mutating func sum() throws -> Expression {
    var left = try product()
    while let sign = take(["+", "-"]) {
      let right = try product()
      try require(left, isTruth: false)
      try require(right, isTruth: false)
      left = sign == "+" ? .sum(left, right) : .difference(left, right)
    }
    return left
  }

  private mutating func product() throws -> Expression {
    var left = try factor()
    while let sign = take(["*", "/"]) {
      let right = try factor()
      try require(left, isTruth: false)
      try require(right, isTruth: false)
      left = sign == "*" ? .product(left, right) : .quotient(left, right)
    }
    return left
  }

  private mutating func factor() throws -> Expression {
    depth += 1
    defer { depth -= 1 }
    if depth > 100 { throw fault("is nested more than 100 deep") }
    if take(["-"]) != nil {
      let inner = try factor()
      try require(inner, isTruth: false)
      return .minus(inner)
    }
    if take(["("]) != nil {
      let inner = try either()
      if take([")"]) == nil { throw fault("lacks a ')' before \(found)") }
      return inner
    }
    guard at < tokens.count else { throw fault("ends where a name or a number should stand") }
    switch tokens[at].token {
    case .number(let number):
      at += 1
      return .value(.real(number))
    case .text(let text):
      at += 1
      return .value(.text(text))
    case .name(let name) where !["and", "or", "not"].contains(name):
      at += 1
      if name == "true" || name == "false" { return .value(.boolean(name == "true")) }
      if !names.contains(name) { names.append(name) }
      return .name(names.firstIndex(of: name) ?? 0)
    default: throw fault("has \(found) where a name or a number should stand")
    }
  }

  // A name may be either, which its domain tells; a calculation is a number, a comparison true or false.
  private mutating func require(_ expression: Expression, isTruth: Bool) throws {
    switch expression {
    case .name(let index): if !isTruth { numericNames.insert(names[index]) }
    case .value(let value):
      if isTruth ? value.boolean == nil : value.number == nil {
        throw fault("uses \(value.json) as a \(isTruth ? "condition" : "number"), which it is not")
      }
    case .comparison, .not, .and, .or:
      if !isTruth { throw fault("uses a comparison as a number; join comparisons with `and`") }
    case .minus, .sum, .difference, .product, .quotient:
      if isTruth { throw fault("uses a number as a condition; compare it with something: `... > 0`") }
    }
  }

  // MARK: Tokens

  private mutating func take(_ signs: [String]) -> String? {
    guard at < tokens.count, case .sign(let sign) = tokens[at].token, signs.contains(sign) else { return nil }
    at += 1
    return sign
  }

  private mutating func take(word: String) -> Bool {
    guard at < tokens.count, tokens[at].token == .name(word) else { return false }
    at += 1
    return true
  }

  private mutating func takeComparison() -> Expression.Comparison? {
    guard at < tokens.count, case .sign(let sign) = tokens[at].token else { return nil }
    let usual = sign == "=" ? "==" : sign == "<>" ? "!=" : sign
    guard let comparison = Expression.Comparison(rawValue: usual) else { return nil }
    at += 1
    return comparison
  }

  private var found: String {
    guard at < tokens.count else { return "the end" }
    return switch tokens[at].token {
    case .number(let number): "\(number)"
    case .text(let text): "'\(text)'"
    case .name(let name): "'\(name)'"
    case .sign(let sign): "'\(sign)'"
    }
  }

  private func fault(_ message: String) -> TrackingError {
    let column = at < tokens.count ? tokens[at].column : source.unicodeScalars.count + 1
    return TrackingError(.invalid, "the constraint '\(source)' \(message) (character \(column))")
  }

  private static func tokens(_ source: String) throws(TrackingError) -> [(Token, Int)] {
    let scalars = Array(source.unicodeScalars)
    func isWord(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
    }
    func fault(_ index: Int, _ message: String) -> TrackingError {
      TrackingError(.invalid, "the constraint '\(source)' \(message) (character \(index + 1))")
    }
    var tokens: [(Token, Int)] = []
    var index = 0
    while index < scalars.count {
      let start = index
      let first = scalars[index]
      func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
      if first == " " || first == "\t" || first == "\n" {
        index += 1
      } else if ("0"..."9").contains(first) || first == "." {
        while index < scalars.count,
          isWord(scalars[index]) || scalars[index] == "."
            || "+-".unicodeScalars.contains(scalars[index]) && "eE".unicodeScalars.contains(scalars[index - 1])
        { index += 1 }
        guard let number = Double(text(start..<index)), number.isFinite else {
          throw fault(start, "has '\(text(start..<index))', which is no number")
        }
        tokens.append((.number(number), start + 1))
      } else if isWord(first) {
        while index < scalars.count, isWord(scalars[index]) || scalars[index] == "." { index += 1 }
        tokens.append((.name(text(start..<index)), start + 1))
      } else if first == "'" || first == "\"" {
        index += 1
        while index < scalars.count, scalars[index] != first { index += 1 }
        if index == scalars.count { throw fault(start, "opens a quote and does not close it") }
        tokens.append((.text(text(start + 1..<index)), start + 1))
        index += 1
      } else {
        let pair = index + 1 < scalars.count ? text(index..<index + 2) : ""
        let sign = ["<=", ">=", "==", "!=", "<>"].contains(pair) ? pair : text(index..<index + 1)
        guard "<>=+-*/()!".contains(sign.prefix(1)), sign != "!" else {
          throw fault(start, "has '\(sign)', which has no meaning here")
        }
        tokens.append((.sign(sign), start + 1))
        index += sign.unicodeScalars.count
      }
    }
    return tokens
  }
}
