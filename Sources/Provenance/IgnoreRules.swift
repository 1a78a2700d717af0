internal import Tracking

/// Which files of a folder are left out of a copy, as `.amlignore` and `.gitignore` say it: the last rule that fits counts,
/// `!` takes a path in again, a rule with a slash before its end is tied to the top, `**` stands for any folders.
struct IgnoreRules {
  private struct Rule {
    var segments: [[Character]]
    var takesIn: Bool
    var isForDirectories: Bool
  }

  private var rules: [Rule] = []

  /// Reads the text of an ignore file.
  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      var pattern = Substring(line)
      while pattern.last == " ", !pattern.hasSuffix("\\ ") { pattern.removeLast() }
      guard !pattern.isEmpty, !pattern.hasPrefix("#") else { continue }
      let takesIn = pattern.hasPrefix("!")
      if takesIn { pattern.removeFirst() }
      let isForDirectories = pattern.hasSuffix("/")
      if isForDirectories { pattern.removeLast() }
      let isTied = pattern.contains("/")
      if pattern.hasPrefix("/") { pattern.removeFirst() }
      guard !pattern.isEmpty else { continue }
      var segments = pattern.split(separator: "/", omittingEmptySubsequences: true).map { Array($0) }
      if !isTied { segments.insert(["*", "*"], at: 0) }
      rules.append(Rule(segments: segments, takesIn: takesIn, isForDirectories: isForDirectories))
    }
  }

  /// Returns whether a path is left out; what is below a folder that is left out is not asked about.
  func leavesOut(_ path: String, isDirectory: Bool) -> Bool {
    let names = path.split(separator: "/").map { Array($0) }[...]
    let rule = rules.last { rule in
      (isDirectory || !rule.isForDirectories) && IgnoreRules.matches(rule.segments[...], names)
    }
    return rule.map { !$0.takesIn } ?? false
  }

  private static func matches(_ pattern: ArraySlice<[Character]>, _ names: ArraySlice<[Character]>) -> Bool {
    guard let first = pattern.first else { return names.isEmpty }
    if first == ["*", "*"] {
      let rest = pattern.dropFirst()
      // `folder/**` is what is below the folder, not the folder.
      if rest.isEmpty { return !names.isEmpty }
      return (0...names.count).contains { matches(rest, names.dropFirst($0)) }
    }
    guard let name = names.first, matches(first[...], name[...]) else { return false }
    return matches(pattern.dropFirst(), names.dropFirst())
  }

  // One name, with *, ? and [...].
  private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    switch first {
    case "*": return (0...name.count).contains { matches(pattern.dropFirst(), name.dropFirst($0)) }
    case "?": return !name.isEmpty && matches(pattern.dropFirst(), name.dropFirst())
    case "[":
      guard let end = pattern.dropFirst(2).firstIndex(of: "]"), let character = name.first else {
        return name.first == "[" && matches(pattern.dropFirst(), name.dropFirst())
      }
      return isIn(pattern[(pattern.startIndex + 1)..<end], character)
        && matches(pattern[(end + 1)...], name.dropFirst())
    case "\\":
      guard let literal = pattern.dropFirst().first else { return name == ["\\"] }
      return name.first == literal && matches(pattern.dropFirst(2), name.dropFirst())
    default: return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
    }
  }

  private static func isIn(_ set: ArraySlice<Character>, _ character: Character) -> Bool {
    var set = set
    let isNegated = set.first == "!" || set.first == "^"
    if isNegated { set.removeFirst() }
    var isFound = false
    while let low = set.popFirst() {
      if set.first == "-", let high = set.dropFirst().first {
        set.removeFirst(2)
        isFound = isFound || (low <= character && character <= high)
      } else {
        isFound = isFound || low == character
      }
    }
    return isFound != isNegated
  }
}
