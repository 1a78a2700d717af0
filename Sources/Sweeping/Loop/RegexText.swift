/// What can be told of a regular expression by looking at its text.
struct RegexText {
  private let characters: [Character]

  init(_ text: String) { characters = Array(text) }

  /// Returns what is wrong with a metric's regular expression; nil when all is well.
  static func problem(with text: String) -> String? {
    do {
      _ = try Regex(text)
    } catch {
      return "cannot be read: \(error)"
    }
    return RegexText(text).captures == 0 ? "has no group; put the number's part into ( )" : nil
  }

  /// How many groups capture: `(` that is neither escaped nor in a class, and not followed by `?` unless it names the group.
  var captures: Int {
    var count = 0
    var (at, inClass) = (0, false)
    while at < characters.count {
      switch characters[at] {
      case "\\": at += 1
      case "[": inClass = true
      case "]": inClass = false
      case "(" where !inClass:
        let rest = String(characters[(at + 1)...].prefix(3))
        let isNamed = rest.hasPrefix("?P<") || rest.hasPrefix("?<") && !["?<=", "?<!"].contains(rest)
        if !rest.hasPrefix("?") || isNamed { count += 1 }
      default: break
      }
      at += 1
    }
    return count
  }

  /// The longest beginning of the expression that stands for itself, so that every match contains it. Empty when there is
  /// none, or when an alternative or an option could do without it.
  var requiredLiteral: [UInt8] {
    guard !characters.contains("|"), !characters.starts(with: "(?") else { return [] }
    var literal: [Character] = []
    for (index, character) in characters.enumerated() {
      let isOrdinary =
        character.isASCII && (character.isLetter || character.isNumber || " _=:,;/<>\"'!@#%&~-".contains(character))
      guard isOrdinary else {
        // What follows may allow the last one to be missing.
        if "*?{".contains(character), index > 0, !literal.isEmpty { literal.removeLast() }
        break
      }
      literal.append(character)
    }
    return Array(String(literal).utf8)
  }
}
