internal import Tracking
private import Yams

/// A piece of a spec file with its place: what YAML says, read by the rules of YAML 1.2's core schema.
///
/// Yams resolves plain scalars by YAML 1.1, where `no` is false and `1e-6` is text; so scalars are resolved here.
struct SpecNode: Sendable {
  /// What stands there.
  indirect enum Content: Sendable {
    case scalar(String, isPlain: Bool)
    case list([SpecNode])
    case mapping([SpecMember])
  }

  var line: Int
  var column: Int
  var content: Content

  /// Reads a YAML text.
  ///
  /// - Returns: nil for a text without a document.
  /// - Throws: `Finding` for a text that is not YAML.
  static func read(_ text: String) throws(Finding) -> SpecNode? {
    do {
      guard let node = try Yams.compose(yaml: text) else { return nil }
      var count = 0
      return try SpecNode(node, &count)
    } catch let finding as Finding {
      throw finding
    } catch {
      throw SpecNode.finding(error)
    }
  }

  private init(_ node: Node, _ count: inout Int) throws {
    let (line, column) = (node.mark?.line ?? 1, node.mark?.column ?? 1)
    self.line = line
    self.column = column
    count += 1
    // Aliases of aliases grow without bound; a spec that a person wrote does not.
    guard count <= 200_000 else {
      throw Finding(line: line, column: column, severity: .error, message: "the file has more than 200,000 values")
    }
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
    case .sequence(let sequence): content = .list(try sequence.map { try SpecNode($0, &count) })
    case .mapping(let mapping):
      content = .mapping(
        try mapping.map { key, value in
          guard case .scalar(let name) = key else {
            throw Finding(
              line: key.mark?.line ?? line, column: key.mark?.column ?? column, severity: .error,
              message: "a name stands here in a spec, and this is a list or a mapping")
          }
          return SpecMember(
            name: name.string, line: key.mark?.line ?? line, column: key.mark?.column ?? column,
            value: try SpecNode(value, &count))
        })
    case .alias:
      throw Finding(line: line, column: column, severity: .error, message: "this alias names no anchor above it")
    }
  }

  private static func finding(_ error: any Error) -> Finding {
    func finding(_ mark: Mark, _ problem: String, _ context: String?) -> Finding {
      Finding(
        line: mark.line, column: mark.column, severity: .error,
        message: "this is not YAML: \(problem)\(context.map { " (\($0))" } ?? "")")
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return finding(mark, problem, context?.text)
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
      return Finding(
        line: context.mark.line, column: context.mark.column, severity: .error,
        message: "\(names) stands twice in this mapping; keep one")
    case .reader(let problem, _, _, _):
      return Finding(line: 1, column: 1, severity: .error, message: "this is not YAML: \(problem)")
    default: return Finding(line: 1, column: 1, severity: .error, message: "this is not YAML: \(error)")
    }
  }
}

/// A named member of a mapping, with the place of its name.
struct SpecMember: Sendable {
  var name: String
  var line: Int
  var column: Int
  var value: SpecNode
}

extension SpecNode {
  /// Makes a node that stands for what a file says in another form.
  init(_ content: Content, at place: SpecNode) {
    (line, column) = (place.line, place.column)
    self.content = content
  }

  /// The members of a mapping; nil for anything else.
  var members: [SpecMember]? { if case .mapping(let members) = content { members } else { nil } }

  /// Returns the member of a mapping with a name; nil where there is none.
  func member(_ name: String) -> SpecMember? { members?.first { $0.name == name } }

  /// The items of a list; nil for anything else.
  var items: [SpecNode]? { if case .list(let items) = content { items } else { nil } }

  /// The text of a scalar as it is written; nil for anything else.
  var scalarText: String? { if case .scalar(let text, _) = content { text } else { nil } }

  /// True for a plain `null`, `~` or nothing at all.
  var isNull: Bool { value == .null }

  /// The typed value.
  var value: Value {
    switch content {
    case .scalar(let text, let isPlain): isPlain ? SpecNode.resolve(text) : .text(text)
    case .list(let items): .list(items.map(\.value))
    case .mapping(let members):
      .object(Dictionary(members.map { ($0.name, $0.value.value) }, uniquingKeysWith: { $1 }))
    }
  }

  /// What stands here, as a word for messages.
  var kindName: String { value.kindName }

  // YAML 1.2, section 10.3.2, without octal and hexadecimal numbers.
  private static func resolve(_ text: String) -> Value {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .real(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .real(-.infinity)
    case ".nan", ".NaN", ".NAN": return .real(.nan)
    default: break
    }
    guard let first = text.utf8.first, "0123456789+-.".utf8.contains(first),
      text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) })
    else { return .text(text) }
    if let whole = Int64(text) { return .integer(whole) }
    if let real = Double(text), real.isFinite { return .real(real) }
    return .text(text)
  }
}
