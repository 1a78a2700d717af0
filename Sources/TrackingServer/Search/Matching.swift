/// Comparisons of texts as filters make them, for what is not searched by the store.
enum Matching {
  /// Returns whether a text fits a comparator and an operand; nil where the comparator is none for texts.
  static func fits(_ text: String, _ comparator: String, _ operand: SearchText.Operand) -> Bool? {
    switch (comparator, operand) {
    case ("=", .text(let other)): text == other
    case ("!=", .text(let other)): text != other
    case ("LIKE", .text(let pattern)): isLike(text, pattern)
    case ("ILIKE", .text(let pattern)): isLike(text.lowercased(), pattern.lowercased())
    case ("IN", .texts(let others)): others.contains(text)
    case ("NOT IN", .texts(let others)): !others.contains(text)
    default: nil
    }
  }

  /// Returns whether a number fits a comparator.
  static func fits(_ number: Double, _ comparator: String, _ other: Double) -> Bool? {
    switch comparator {
    case "=": number == other
    case "!=": number != other
    case "<": number < other
    case "<=": number <= other
    case ">": number > other
    case ">=": number >= other
    default: nil
    }
  }

  /// Returns whether a text fits a pattern of `%` (any text) and `_` (any character).
  static func isLike(_ text: String, _ pattern: String) -> Bool {
    let text = Array(text.unicodeScalars)
    let pattern = Array(pattern.unicodeScalars)
    var at = 0
    var place = 0
    // Where to go on when the last % must take one character more.
    var retry: (at: Int, place: Int)?
    while at < text.count {
      if place < pattern.count, pattern[place] == "%" {
        retry = (at, place + 1)
        place += 1
      } else if place < pattern.count, pattern[place] == "_" || pattern[place] == text[at] {
        at += 1
        place += 1
      } else if let last = retry {
        retry = (last.at + 1, last.place)
        at = last.at + 1
        place = last.place
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "%" }
  }
}
