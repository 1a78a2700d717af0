/// Reads MLflow's search texts: `clause (AND clause)*`, with its messages for what it does not take.
struct SearchText {
  /// What a clause compares.
  struct Key: Equatable {
    /// `metric`, `parameter`, `tag`, `attribute`, `dataset`.
    var entity: String
    var name: String
  }

  /// What it is compared with.
  enum Operand: Equatable {
    /// A number, as written.
    case number(String)
    /// A quoted text, without its quotes.
    case text(String)
    /// Quoted texts in parentheses.
    case texts([String])
    /// Nothing, for IS NULL.
    case none
    /// Anything else, as written.
    case other(String)
  }

  struct Clause: Equatable {
    var key: Key
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN`, `NOT IN`, `IS NULL`, `IS NOT NULL`.
    var comparator: String
    var operand: Operand
    /// The operand as written, for messages.
    var written: String
  }

  private enum Token: Equatable {
    /// A key, a keyword or a bare value.
    case word(String)
    case number(String)
    case single(String)
    case comparator(String)
    case parenthesis(String)
    case comma

    var written: String {
      switch self {
      case .word(let text), .number(let text), .comparator(let text), .parenthesis(let text): text
      case .single(let text): "'\(text)'"
      case .comma: ","
      }
    }
  }

  private static let entities = [
    "metric": "metric", "metrics": "metric", "parameter": "parameter", "parameters": "parameter", "param": "parameter",
    "params": "parameter", "tag": "tag", "tags": "tag", "attribute": "attribute", "attributes": "attribute",
    "attr": "attribute", "run": "attribute", "dataset": "dataset", "datasets": "dataset",
  ]

  private var tokens: [Token] = []
  private var next = 0

  private init(_ text: String) throws {
    guard text.utf8.count <= 100_000 else { throw APIError.invalid("The filter is longer than 100,000 bytes.") }
    try scan(Array(text))
  }

  /// Reads a filter; a blank one is no clause.
  ///
  /// - Throws: 400 in MLflow's words.
  static func clauses(of text: String) throws -> [Clause] {
    var reader = try SearchText(text)
    var clauses: [Clause] = []
    while let token = reader.peek {
      if case .word(let word) = token, word.uppercased() == "AND" {
        reader.next += 1
        continue
      }
      clauses.append(try reader.clause())
    }
    return clauses
  }

  /// Reads a key of an order: `metrics.accuracy DESC`.
  ///
  /// - Throws: 400 in MLflow's words.
  static func order(of text: String) throws -> (key: Key, ascending: Bool) {
    func unreadable() -> APIError { .invalid("Invalid order_by clause '\(text)'. Could not be parsed.") }
    guard let reader = try? SearchText(text), case .word(let word)? = reader.tokens.first, reader.tokens.count <= 2
    else {
      throw unreadable()
    }
    var ascending = true
    if reader.tokens.count == 2 {
      guard case .word(let direction) = reader.tokens[1] else { throw unreadable() }
      switch direction.lowercased() {
      case "asc": break
      case "desc": ascending = false
      default: throw APIError.invalid("Invalid ordering key in order_by clause '\(text)'.")
      }
    }
    return (try key(word), ascending)
  }

  // MARK: words

  private mutating func scan(_ text: [Character]) throws {
    var at = 0
    while at < text.count {
      switch text[at] {
      case let space where space.isWhitespace: at += 1
      case ",":
        tokens.append(.comma)
        at += 1
      case ";":
        throw APIError.invalid(
          "Search filter contained multiple expression '\(String(text))'. Provide AND-ed expression list.")
      case "'":
        let content = try quoted(text, &at)
        tokens.append(.single(content))
      case "(":
        tokens.append(.parenthesis(try parenthesis(text, &at)))
      case "=", "!", "<", ">":
        var symbol = String(text[at])
        at += 1
        if at < text.count, text[at] == "=" || (symbol == "<" && text[at] == ">") {
          symbol.append(text[at])
          at += 1
        }
        tokens.append(.comparator(symbol))
      default: tokens.append(try word(text, &at))
      }
    }
  }

  // A quoted text, without its quotes; doubled quotes stay as they are, as with MLflow.
  private func quoted(_ text: [Character], _ at: inout Int) throws -> String {
    let quote = text[at]
    let start = at + 1
    at += 1
    while at < text.count {
      if text[at] == quote {
        guard quote == "'", at + 1 < text.count, text[at + 1] == "'" else {
          defer { at += 1 }
          return String(text[start..<at])
        }
        at += 1
      }
      at += 1
    }
    throw APIError.invalid(
      "Invalid clause(s) in filter string: '\(String(text[(start - 1)...]))': its quote is not closed")
  }

  // With its parentheses.
  private func parenthesis(_ text: [Character], _ at: inout Int) throws -> String {
    let start = at
    var depth = 0
    while at < text.count {
      switch text[at] {
      case "(":
        depth += 1
        at += 1
      case ")":
        depth -= 1
        at += 1
        if depth == 0 { return String(text[start..<at]) }
      case "'", "\"", "`": _ = try quoted(text, &at)
      default: at += 1
      }
    }
    throw APIError.invalid(
      "Invalid clause(s) in filter string: '\(String(text[start...]))': its parenthesis is not closed")
  }

  // A key with its quotes, a keyword, or a number.
  private func word(_ text: [Character], _ at: inout Int) throws -> Token {
    let start = at
    let first = text[at]
    let isNumber = first.isNumber || ((first == "-" || first == "+" || first == ".") && at + 1 < text.count)
    while at < text.count, !text[at].isWhitespace, !"(),=!<>';".contains(text[at]) {
      if text[at] == "\"" || text[at] == "`" { _ = try quoted(text, &at) } else { at += 1 }
    }
    if at == start { at += 1 }
    let word = String(text[start..<at])
    return isNumber && Double(word) != nil ? .number(word) : .word(word)
  }

  // MARK: clauses

  private var peek: Token? { next < tokens.count ? tokens[next] : nil }

  private func isKeyword(_ place: Int, _ word: String) -> Bool {
    guard place < tokens.count, case .word(let text) = tokens[place] else { return false }
    return text.uppercased() == word
  }

  private static func invalid(_ written: String) -> APIError {
    .invalid("Invalid clause(s) in filter string: '\(written.prefix(1000))'")
  }

  private mutating func clause() throws -> Clause {
    guard let token = peek else { throw Self.invalid("") }
    guard case .word(let word) = token,
      !["OR", "NOT", "BETWEEN", "IN", "LIKE", "ILIKE", "IS"].contains(word.uppercased())
    else { throw Self.invalid(token.written) }
    next += 1
    let comparator = try comparator(after: word)
    if comparator.hasPrefix("IS") {
      return Clause(key: try Self.key(word), comparator: comparator, operand: .none, written: "")
    }
    guard let value = peek else {
      throw Self.invalid("\(word) \(comparator)")
    }
    next += 1
    return Clause(
      key: try Self.key(word), comparator: comparator, operand: try operand(value), written: value.written)
  }

  private mutating func comparator(after word: String) throws -> String {
    switch peek {
    case .comparator(let symbol):
      guard symbol != "!" else { throw Self.invalid("\(word) !") }
      next += 1
      return symbol == "==" ? "=" : symbol == "<>" ? "!=" : symbol
    case .word(let keyword):
      switch keyword.uppercased() {
      case "LIKE", "ILIKE", "IN":
        next += 1
        return keyword.uppercased()
      case "NOT" where isKeyword(next + 1, "IN"):
        next += 2
        return "NOT IN"
      case "IS" where isKeyword(next + 1, "NULL"):
        next += 2
        return "IS NULL"
      case "IS" where isKeyword(next + 1, "NOT") && isKeyword(next + 2, "NULL"):
        next += 3
        return "IS NOT NULL"
      default: throw Self.invalid("\(word) \(keyword)")
      }
    default: throw Self.invalid(word)
    }
  }

  private func operand(_ token: Token) throws -> Operand {
    switch token {
    case .number(let text): return .number(text)
    case .single(let text): return .text(text)
    case .word(let text):
      if text.count >= 2, let quote = text.first, quote == "\"", text.last == quote {
        return .text(String(text.dropFirst().dropLast()))
      }
      return .other(text)
    case .parenthesis(let text): return try Self.list(text)
    case .comparator, .comma: throw Self.invalid(token.written)
    }
  }

  private static func list(_ written: String) throws -> Operand {
    let inner = try SearchText(String(written.dropFirst().dropLast()))
    var texts: [String] = []
    var expectsText = true
    for token in inner.tokens {
      switch (token, expectsText) {
      case (.single(let text), true): texts.append(text)
      case (.word(let text), true) where text.count >= 2 && text.first == "\"" && text.last == "\"":
        texts.append(String(text.dropFirst().dropLast()))
      case (.comma, false): break
      default: return .other(written)
      }
      expectsText.toggle()
    }
    return texts.isEmpty ? .other(written) : .texts(texts)
  }

  private static func key(_ word: String) throws -> Key {
    // The first point that is not inside quotes.
    var quote: Character?
    var point: String.Index?
    for place in word.indices {
      let character = word[place]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "`" || character == "\"" {
        quote = character
      } else if character == "." {
        point = place
        break
      }
    }
    guard let point else { return Key(entity: "attribute", name: unquoted(word)) }
    let type = unquoted(String(word[..<point]))
    guard let entity = entities[type] else {
      throw APIError.invalid(
        "Invalid entity type '\(type.prefix(250))'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
      )
    }
    return Key(entity: entity, name: unquoted(String(word[word.index(after: point)...])))
  }

  private static func unquoted(_ word: String) -> String {
    guard word.count >= 2, let first = word.first, first == "`" || first == "\"", word.last == first else {
      return word
    }
    return String(word.dropFirst().dropLast())
  }
}
