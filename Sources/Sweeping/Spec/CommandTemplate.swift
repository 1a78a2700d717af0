internal import Tracking

/// A text with `${{search_space.x}}`, `${{inputs.x}}` and `${{outputs.x}}` in it, and `$[[ ... ]]` round parts that are
/// left out when a parameter in them is not active.
///
/// In a command, a value of letters, digits and `_ . / : = , + @ % -` is put in as it is. Any other value is put in as a
/// reference to the environment variable that holds it, quoted for the place where it stands: the shell never reads the
/// value as a piece of the command, so it cannot break out, whatever it holds.
struct CommandTemplate: Sendable {
  /// What a placeholder names.
  struct Reference: Sendable, Hashable {
    enum Kind: String, Sendable, CaseIterable {
      case searchSpace = "search_space"
      case inputs
      case outputs
    }

    var kind: Kind
    var name: String
    /// The names of a member of a nested choice: `${{search_space.x.member}}`; empty for the whole value.
    var members: [String] = []
    /// As it is written.
    var source: String
  }

  /// Where in shell text a placeholder stands.
  enum Quoting: Sendable { case none, single, double }

  indirect enum Piece: Sendable {
    case text(String)
    case reference(Reference, Quoting)
    case optional([Piece])
  }

  /// A piece of text that looks like a placeholder and is none, with what to do.
  struct Problem: Sendable, Equatable {
    var source: String
    var message: String
    var isError = true
  }

  private(set) var pieces: [Piece] = []
  private(set) var problems: [Problem] = []

  /// Every placeholder, with whether it stands in an optional part.
  var references: [(reference: Reference, isOptional: Bool)] {
    func collect(_ pieces: [Piece], _ isOptional: Bool) -> [(Reference, Bool)] {
      pieces.flatMap { piece -> [(Reference, Bool)] in
        switch piece {
        case .text: []
        case .reference(let reference, _): [(reference, isOptional)]
        case .optional(let inner): collect(inner, true)
        }
      }
    }
    return collect(pieces, false)
  }

  /// Returns the text with its placeholders filled.
  ///
  /// - Parameters:
  ///   - isShell: true quotes values for a shell.
  ///   - value: the text of a placeholder's value; nil for a parameter that is not active.
  func filled(isShell: Bool, value: (Reference) -> String?) -> String {
    var out = ""
    fill(pieces, isShell, value, &out)
    return out
  }

  private func fill(_ pieces: [Piece], _ isShell: Bool, _ value: (Reference) -> String?, _ out: inout String) {
    for piece in pieces {
      switch piece {
      case .text(let text): out += text
      case .reference(let reference, let quoting):
        guard let text = value(reference) else { continue }
        out += isShell ? CommandTemplate.shell(text, reference, quoting) : text
      case .optional(let inner):
        let isComplete = CommandTemplate(pieces: inner).references.allSatisfy { value($0.reference) != nil }
        if isComplete { fill(inner, isShell, value, &out) }
      }
    }
  }

  private init(pieces: [Piece]) { self.pieces = pieces }

  private static func shell(_ text: String, _ reference: Reference, _ quoting: Quoting) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { isWordCharacter($0) || "./:=,+@%-".utf8.contains($0) }
    if isPlain { return text }
    let variable = "${\(reference.variable)}"
    switch quoting {
    case .none: return "\"\(variable)\""
    case .double: return variable
    case .single: return "'\"\(variable)\"'"
    }
  }

  static func isWordCharacter(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
  }
}

extension CommandTemplate.Reference {
  /// All the names, outermost first.
  var path: [String] { [name] + members }

  /// The environment variable that holds the value.
  var variable: String {
    let suffix = path.joined(separator: "_").uppercased()
    return switch kind {
    case .searchSpace: TrialEnvironment.parameterPrefix + suffix
    case .inputs: TrialEnvironment.inputPrefix + suffix
    case .outputs: TrialEnvironment.outputPrefix + suffix
    }
  }
}

extension CommandTemplate {
  /// Takes a text apart.
  init(_ text: String) {
    var parser = CommandTemplateParser(characters: Array(text.unicodeScalars))
    parser.run()
    pieces = parser.finished()
    problems = parser.problems
  }
}

private struct CommandTemplateParser {
  let characters: [Unicode.Scalar]
  var at = 0
  var outer: [CommandTemplate.Piece] = []
  var inner: [CommandTemplate.Piece]?
  var plain = String.UnicodeScalarView()
  var problems: [CommandTemplate.Problem] = []
  // What quotes are open: `"`, `'`, and `(` for a command substitution, which begins afresh.
  var open: [Unicode.Scalar] = []

  init(characters: [Unicode.Scalar]) { self.characters = characters }

  mutating func run() {
    while at < characters.count {
      if starts("${{") {
        placeholder(length: 3, closing: "}}")
      } else if starts("${search_space.") || starts("${inputs.") {
        let source = upTo("}")
        problems.append(
          CommandTemplate.Problem(
            source: source, message: "'\(source)' is no placeholder; write '${\(source.dropFirst(1))}'"))
        take(source.unicodeScalars.count)
      } else if starts("{search_space.") || starts("{inputs.") {
        placeholder(length: 1, closing: "}")
      } else if starts("$[["), inner == nil {
        flush()
        inner = []
        at += 3
      } else if starts("]]"), let group = inner {
        flush()
        outer.append(.optional(inner ?? group))
        inner = nil
        at += 2
      } else {
        shellCharacter()
      }
    }
  }

  mutating func finished() -> [CommandTemplate.Piece] {
    flush()
    if let group = inner {
      problems.append(CommandTemplate.Problem(source: "$[[", message: "'$[[' has no ']]'; close the optional part"))
      outer += group
    }
    return outer
  }

  private func starts(_ text: String) -> Bool { characters[at...].starts(with: text.unicodeScalars) }

  private func upTo(_ end: String) -> String {
    var last = at
    while last < characters.count, !characters[last...].starts(with: end.unicodeScalars) { last += 1 }
    return String(String.UnicodeScalarView(characters[at..<min(characters.count, last + end.unicodeScalars.count)]))
  }

  private mutating func take(_ count: Int) {
    plain.append(contentsOf: characters[at..<at + count])
    at += count
  }

  private mutating func flush() {
    if !plain.isEmpty { add(.text(String(plain))) }
    plain = String.UnicodeScalarView()
  }

  private mutating func add(_ piece: CommandTemplate.Piece) {
    if inner == nil { outer.append(piece) } else { inner?.append(piece) }
  }

  private mutating func placeholder(length: Int, closing: String) {
    let source = upTo(closing)
    func refuse(_ message: String, isError: Bool = true) {
      problems.append(CommandTemplate.Problem(source: source, message: message, isError: isError))
    }
    guard source.hasSuffix(closing) else {
      refuse("'\(source.prefix(40))' has no '\(closing)'; close the placeholder")
      return take(source.unicodeScalars.count)
    }
    let name = source.dropFirst(length).dropLast(closing.count).drop { $0 == " " }
    let parts = name.reversed().drop { $0 == " " }.reversed().split(separator: ".", omittingEmptySubsequences: false)
    guard let kind = CommandTemplate.Reference.Kind(rawValue: String(parts[0])), parts.count >= 2,
      parts.allSatisfy({ !$0.isEmpty })
    else {
      refuse(
        "'\(source)' cannot be resolved; a placeholder is ${{search_space.NAME}}, ${{inputs.NAME}} or ${{outputs.NAME}}"
      )
      return take(source.unicodeScalars.count)
    }
    if length == 1 { refuse("'\(source)' is an old form; write '$\("{" + source + "}")'", isError: false) }
    flush()
    let reference = CommandTemplate.Reference(
      kind: kind, name: String(parts[1]), members: parts.dropFirst(2).map(String.init), source: source)
    add(.reference(reference, open.last == "'" ? .single : open.last == "\"" ? .double : .none))
    at += source.unicodeScalars.count
  }

  // Takes one character and keeps track of the shell's quotes.
  private mutating func shellCharacter() {
    let character = characters[at]
    let next: Unicode.Scalar? = at + 1 < characters.count ? characters[at + 1] : nil
    switch (open.last, character) {
    case ("'", _): if character == "'" { open.removeLast() }
    case (_, "\\"): return take(min(2, characters.count - at))
    case ("\"", "\""): open.removeLast()
    case (_, "\""): open.append("\"")
    case (_, "$") where next == "(":
      open.append("(")
      return take(2)
    case ("(", ")"): open.removeLast()
    case ("\"", _): break
    case (_, "'"): open.append("'")
    case (_, "#") where at == 0 || " \t\n;(".unicodeScalars.contains(characters[at - 1]): return comment()
    default: break
    }
    take(1)
  }

  // A quote in a comment opens nothing. A placeholder in it is still filled, and harmless.
  private mutating func comment() {
    take(1)
    while at < characters.count, characters[at] != "\n" {
      if starts("${{") { placeholder(length: 3, closing: "}}") } else { take(1) }
    }
  }
}
