/// Reads filters and orders in MLflow's search grammar.
///
/// `clause (AND clause)*`; a clause is `[entity.]key operator value`, or `key IS [NOT] NULL`, or `key [NOT] IN (…)`.
/// Entities: `metrics`, `params`, `tags`, `attributes` (none = attribute), `datasets`, and MLflow's other spellings. A key
/// with spaces, dots or dashes stands in backticks or double quotes. Beyond MLflow: a parameter compares with a number, and a
/// bare key may hold `:` and `/`.
public struct FilterParser {
  private enum Token: Equatable {
    case word(String)
    case quotedKey(String)
    case string(String)
    case symbol(String)
  }

  private let text: String
  private var tokens: [(token: Token, at: Int)] = []
  private var next = 0

  private init(_ text: String) throws {
    self.text = text
    try scan()
  }

  /// Reads a filter; an empty text is no clause.
  ///
  /// - Throws: `.invalid` with the column where reading stopped and what may stand there.
  public static func clauses(of text: String) throws -> [FilterClause] {
    var parser = try FilterParser(text)
    var clauses: [FilterClause] = []
    while parser.next < parser.tokens.count {
      clauses.append(try parser.clause())
      guard parser.next < parser.tokens.count else { break }
      guard parser.takeWord("AND") else {
        throw parser.failure("clauses are joined by AND only")
      }
    }
    return clauses
  }

  /// Reads one key of an order: `metrics.accuracy DESC`, `created`, …; ascending where neither ASC nor DESC stands.
  ///
  /// - Throws: `.invalid`.
  public static func order(of text: String) throws -> RunQuery.Order {
    var parser = try FilterParser(text)
    let field = try parser.field()
    let descending = parser.takeWord("DESC")
    if !descending { _ = parser.takeWord("ASC") }
    guard parser.next == parser.tokens.count else { throw parser.failure("an order is KEY [ASC|DESC]") }
    return RunQuery.Order(field, ascending: !descending)
  }

  /// Reads a field as filters name it: `metrics.loss`, `params.lr`, `tags.team`, `state`.
  ///
  /// - Throws: `.invalid`.
  public static func field(of text: String) throws -> RunField {
    var parser = try FilterParser(text)
    let field = try parser.field()
    guard parser.next == parser.tokens.count else { throw parser.failure("one field should stand here") }
    return field
  }

  // At the next token, or at an earlier one.
  private func failure(_ message: String, at token: Int? = nil) -> TrackingError {
    let place = token ?? next
    let column = place < tokens.count ? tokens[place].at + 1 : text.count + 1
    return TrackingError(
      .invalid,
      "filter, column \(column): \(message), in: \(text)\nA clause is like metrics.accuracy > 0.9, "
        + "params.optimizer = 'adam', tags.team LIKE 'vis%', state IN ('finished', 'pruned'); clauses are joined by AND."
    )
  }

  private mutating func scan() throws {
    let characters = Array(text)
    var at = 0
    while at < characters.count {
      let start = at
      let character = characters[at]
      switch character {
      case _ where character.isWhitespace: at += 1
      case "'", "\"", "`":
        at += 1
        var content = ""
        while at < characters.count, characters[at] != character {
          content.append(characters[at])
          at += 1
        }
        guard at < characters.count else {
          throw TrackingError(
            .invalid, "filter, column \(start + 1): the quote \(character) is not closed, in: \(text)")
        }
        at += 1
        tokens.append((character == "'" ? .string(content) : .quotedKey(content), start))
      case "(", ")", ",", ".":
        tokens.append((.symbol(String(character)), start))
        at += 1
      case "=", "!", "<", ">":
        at += 1
        var symbol = String(character)
        if at < characters.count, characters[at] == "=" {
          symbol.append("=")
          at += 1
        }
        tokens.append((.symbol(symbol == "==" ? "=" : symbol), start))
      default:
        var word = ""
        // A point belongs to a number, and separates everything else.
        let isNumber = character.isNumber || character == "-" || character == "+"
        while at < characters.count, !characters[at].isWhitespace, !"(),=!<>'\"`".contains(characters[at]),
          isNumber || characters[at] != "."
        {
          word.append(characters[at])
          at += 1
        }
        tokens.append((.word(word), start))
      }
    }
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard next < tokens.count, case .word(let found) = tokens[next].token, found.uppercased() == word
    else { return false }
    next += 1
    return true
  }

  private mutating func takeSymbol(_ symbol: String) -> Bool {
    guard next < tokens.count, tokens[next].token == .symbol(symbol) else { return false }
    next += 1
    return true
  }

  private mutating func key() throws -> String {
    guard next < tokens.count else { throw failure("a key should stand here") }
    switch tokens[next].token {
    case .word(let word), .quotedKey(let word):
      next += 1
      return word
    default: throw failure("a key should stand here")
    }
  }

  private mutating func field() throws -> RunField {
    let start = next
    let first = try key()
    guard takeSymbol(".") else { return .attribute(try attribute(first, at: start)) }
    let isQuoted: Bool
    if next < tokens.count, case .quotedKey = tokens[next].token { isQuoted = true } else { isQuoted = false }
    let second = next
    var name = try key()
    if !isQuoted { while takeSymbol(".") { name += "." + (try key()) } }
    switch first.lowercased() {
    case "metric", "metrics": return .metric(name)
    case "param", "params", "parameter", "parameters": return .parameter(name)
    case "tag", "tags": return .tag(name)
    case "attribute", "attributes", "attr", "run": return .attribute(try attribute(name, at: second))
    case "dataset", "datasets":
      guard let property = RunField.DatasetProperty(rawValue: name) else {
        throw failure("'\(name)' is none of a dataset's name, digest and context", at: second)
      }
      return .dataset(property)
    default:
      throw failure("'\(first)' is none of metrics, params, tags, attributes, datasets", at: start)
    }
  }

  private func attribute(_ name: String, at token: Int) throws -> RunField.Attribute {
    switch name.lowercased() {
    case "run_id", "id": return .id
    case "run_name", "run name", "name": return .name
    case "status", "state": return .state
    case "start_time", "started": return .started
    case "end_time", "ended": return .ended
    case "created", "creation_time": return .created
    case let other:
      if let attribute = RunField.Attribute(rawValue: other) { return attribute }
      throw failure(
        "'\(name)' is no attribute of a run (\(RunField.Attribute.allCases.map(\.rawValue).joined(separator: ", "))); "
          + "for a metric write metrics.\(name), for a parameter params.\(name)", at: token)
    }
  }

  private mutating func clause() throws -> FilterClause {
    let field = try field()
    if takeWord("IS") {
      let negated = takeWord("NOT")
      guard takeWord("NULL") else { throw failure("NULL should stand here") }
      return FilterClause(field, .isNull(negated: negated))
    }
    let negated = takeWord("NOT")
    if takeWord("IN") { return FilterClause(field, .oneOf(try texts(of: field), negated: negated)) }
    guard !negated else { throw failure("IN should stand after NOT") }
    if takeWord("LIKE") { return FilterClause(field, .like(try pattern(of: field), ignoringCase: false)) }
    if takeWord("ILIKE") { return FilterClause(field, .like(try pattern(of: field), ignoringCase: true)) }
    guard next < tokens.count, case .symbol(let symbol) = tokens[next].token,
      let comparison = FilterClause.NumberOperator(rawValue: symbol)
    else { throw failure("an operator should stand here (= != < <= > >= LIKE ILIKE IN, IS NULL)") }
    next += 1
    if next < tokens.count, case .word(let word) = tokens[next].token, let number = Double(word) {
      if case .tag = field { throw failure("a tag is compared with a text in single quotes") }
      if case .dataset = field { throw failure("a dataset is compared with a text in single quotes") }
      if case .attribute(let attribute) = field, !attribute.isNumeric {
        throw failure("\(attribute.rawValue) is compared with a text in single quotes")
      }
      next += 1
      return FilterClause(field, .number(comparison, number))
    }
    try refuseNumeric(field)
    guard comparison == .equal || comparison == .notEqual else {
      throw failure("texts are compared by = != LIKE ILIKE IN")
    }
    return FilterClause(field, .equals(normal(try string(), field), negated: comparison == .notEqual))
  }

  private mutating func string() throws -> String {
    guard next < tokens.count else { throw failure("a text in single quotes should stand here") }
    switch tokens[next].token {
    case .string(let text), .quotedKey(let text):
      next += 1
      return text
    default: throw failure("a text in single quotes should stand here")
    }
  }

  private func refuseNumeric(_ field: RunField) throws {
    if case .metric = field { throw failure("a metric is compared with a number") }
    if case .attribute(let attribute) = field, attribute.isNumeric {
      throw failure("\(attribute.rawValue) is compared with a number")
    }
  }

  // A state is recorded in lower case, so `LIKE 'FIN%'` finds it too.
  private mutating func pattern(of field: RunField) throws -> String {
    try refuseNumeric(field)
    let pattern = try string()
    return field == .attribute(.state) ? pattern.lowercased() : pattern
  }

  private mutating func texts(of field: RunField) throws -> [String] {
    try refuseNumeric(field)
    guard takeSymbol("(") else { throw failure("'(' should stand here") }
    var texts: [String] = []
    repeat { texts.append(normal(try string(), field)) } while takeSymbol(",")
    guard takeSymbol(")") else { throw failure("',' or ')' should stand here") }
    return texts
  }

  // MLflow's names of states, for filters that users bring along.
  private func normal(_ text: String, _ field: RunField) -> String {
    guard field == .attribute(.state) else { return text }
    return text.uppercased() == "KILLED" ? RunState.canceled.rawValue : text.lowercased()
  }
}
