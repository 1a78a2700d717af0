/// Leads paths in a text to other places: in one go, the longest that fits first, and only whole paths.
struct PathMoves {
  /// A path that is somewhere else.
  struct Move {
    /// As it stands in the text.
    var from: String
    /// Where it is led.
    var to: String
    /// Which paths below it are led along, by what follows `from` and `/`; nil for all.
    var known: Set<String>?
  }

  private let moves: [Move]

  /// Makes moves; of two that fit, the longer `from` counts.
  init(_ moves: [Move]) {
    self.moves = moves.filter { !$0.from.isEmpty && $0.from != $0.to && $0.from != "/" }.sorted {
      $0.from.count > $1.from.count
    }
  }

  private static let ends = Set<Character>("\"'`;:|&()<>=,")

  private static func isEnd(_ character: Character) -> Bool { character.isWhitespace || ends.contains(character) }

  /// Returns the text with all of its paths moved.
  func applied(to text: String) -> String {
    guard moves.contains(where: { text.contains($0.from) }) else { return text }
    var out = ""
    var rest = text[...]
    var isStart = true
    while let first = rest.first {
      if isStart, let (move, tail) = fitting(rest) {
        out += move.to + tail
        rest = rest.dropFirst(move.from.count + tail.count)
        isStart = false
        continue
      }
      isStart = PathMoves.isEnd(first)
      out.append(first)
      rest.removeFirst()
    }
    return out
  }

  // The move of the path with which a text begins, and what of the path follows it.
  private func fitting(_ text: Substring) -> (Move, Substring)? {
    for move in moves where text.hasPrefix(move.from) {
      let tail = text.dropFirst(move.from.count).prefix { !PathMoves.isEnd($0) }
      guard tail.isEmpty || tail.first == "/" else { continue }
      let below = tail.drop { $0 == "/" }
      let name = below.hasSuffix("/") ? below.dropLast() : below
      guard name.isEmpty || move.known.map({ $0.contains(String(name)) }) ?? true else { continue }
      return (move, tail)
    }
    return nil
  }
}
