internal import Tracking

/// The run that a request is about: `run_id`, or `run_uuid` as old clients say.
struct RunAddress {
  var id: String?
  var uuid: String?

  /// Returns the run.
  ///
  /// - Throws: 400 where none is named; 404 for a text that is no id.
  func run() throws -> RunID {
    let text = id.flatMap { $0.isEmpty ? nil : $0 } ?? uuid ?? ""
    guard !text.isEmpty else { throw APIError.missing("run_id") }
    guard let run = RunID(text) else { throw Self.unknown(text) }
    return run
  }

  /// What MLflow says of a run that is not there.
  static func unknown(_ text: String) -> APIError { .notFound("Run with id=\(text.prefix(256)) not found") }

  /// Reads the run that a JSON object names.
  static func run(_ json: Value) throws -> RunID {
    try RunAddress(id: json.string("run_id"), uuid: json.string("run_uuid")).run()
  }
}

extension Value {
  /// Returns a member that is a text; nil where it is missing or null.
  ///
  /// - Throws: 400 for another type.
  func string(_ name: String) throws -> String? {
    switch self[name] {
    case nil, .null: return nil
    case .text(let text): return text
    case .some(let value): throw APIError.wrongType(String(value.json.prefix(200)), name, hint: value.pythonType)
    }
  }

  /// Returns a member that is a text and is there.
  ///
  /// - Throws: 400 otherwise.
  func required(_ name: String) throws -> String {
    guard let text = try string(name), !text.isEmpty else { throw APIError.missing(name) }
    return text
  }

  /// Returns a member that is a whole number or such a text; nil where it is missing or null.
  ///
  /// - Throws: 400 for anything else.
  func whole(_ name: String) throws -> Int64? {
    switch self[name] {
    case nil, .null: return nil
    case .integer(let number): return number
    case .real(let number) where Int64(exactly: number) != nil: return Int64(exactly: number)
    case .text(let text) where Int64(text) != nil: return Int64(text)
    case .some(let value): throw APIError.wrongType(String(value.json.prefix(200)), name, hint: value.pythonType)
    }
  }

  /// Returns the elements of a member that is a list; none where it is missing or null.
  ///
  /// - Throws: 400 for anything else.
  func elements(_ name: String) throws -> [Value] {
    switch self[name] {
    case nil, .null: return []
    case .list(let values): return values
    case .some(let value): throw APIError.wrongType(String(value.json.prefix(200)), name, hint: value.pythonType)
    }
  }

  /// Returns the texts of a member that is a list of them; whole numbers count as texts.
  ///
  /// - Throws: 400 for anything else.
  func strings(_ name: String) throws -> [String] {
    try elements(name).map { element in
      switch element {
      case .text(let text): return text
      case .integer(let number): return String(number)
      default: throw APIError.wrongType(String(element.json.prefix(200)), name, hint: element.pythonType)
      }
    }
  }

  /// Returns the tags of a member that is a list of `{"key", "value"}`; of two with one key the last one counts.
  ///
  /// - Throws: 400 for anything else, and for a key that breaks the rules.
  func tags(_ name: String = "tags") throws -> [String: String] {
    var tags: [String: String] = [:]
    for (place, element) in try elements(name).enumerated() {
      guard let key = try element.string("key") else { throw APIError.missing("\(name)[\(place)].key") }
      try NameRules.check(key, kind: "\(name)[\(place)].key", path: "\(name)[\(place)].key")
      tags[key] = try element.string("value") ?? ""
    }
    return tags
  }

  /// What Python calls the type.
  var pythonType: String {
    switch self {
    case .null: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .real: "float"
    case .text: "str"
    case .list: "list"
    case .object: "dict"
    }
  }
}
