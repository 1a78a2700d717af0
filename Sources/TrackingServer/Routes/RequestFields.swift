internal import Tracking

/// The fields of a request's body, read as MLflow reads them: unknown ones are ignored, null is absent, and a whole number
/// may be a text of digits.
struct RequestFields {
  private let fields: [String: Value]

  init(_ request: APIRequest) throws { fields = try request.json().object ?? [:] }

  init(_ value: Value) throws {
    guard case .object(let fields) = value else { throw APIError(.badRequest, "an object should stand in the list") }
    self.fields = fields
  }

  private func value(_ name: String) -> Value? {
    guard let value = fields[name], value != .null else { return nil }
    return value
  }

  private func wrong(_ value: Value, _ name: String) -> APIError {
    let hint =
      switch value {
      case .null: "NoneType"
      case .boolean: "bool"
      case .integer: "int"
      case .real: "float"
      case .text: "str"
      case .list: "list"
      case .object: "dict"
      }
    return .wrongType(String(value.json.prefix(200)), name, hint: hint)
  }

  /// Returns a text.
  func text(_ name: String) throws -> String? {
    guard let value = value(name) else { return nil }
    guard case .text(let text) = value else { throw wrong(value, name) }
    return text
  }

  /// Returns a text that must be there, and not be empty.
  func required(_ name: String) throws -> String {
    guard let text = try text(name), !text.isEmpty else { throw APIError.missing(name) }
    return text
  }

  /// Returns a whole number.
  func whole(_ name: String) throws -> Int64? {
    guard let value = value(name) else { return nil }
    if case .text(let text) = value, let number = Int64(text) { return number }
    guard let number = value.integer else { throw wrong(value, name) }
    return number
  }

  /// Returns a truth value.
  func flag(_ name: String) throws -> Bool? {
    guard let value = value(name) else { return nil }
    guard let flag = value.boolean else { throw wrong(value, name) }
    return flag
  }

  /// Returns a list of texts; an empty one where there is none.
  func texts(_ name: String) throws -> [String] {
    guard let value = value(name) else { return [] }
    return try (value.list ?? { throw wrong(value, name) }()).map { try $0.text ?? { throw wrong($0, name) }($0) }
  }

  /// Returns a list of objects; an empty one where there is none.
  func objects(_ name: String) throws -> [RequestFields] {
    guard let value = value(name) else { return [] }
    guard let list = value.list else { throw wrong(value, name) }
    return try list.map { element in
      guard case .object = element else { throw wrong(value, name) }
      return try RequestFields(element)
    }
  }

  /// Returns an object.
  func object(_ name: String) throws -> RequestFields? {
    guard let value = value(name) else { return nil }
    guard case .object = value else { throw wrong(value, name) }
    return try RequestFields(value)
  }

  /// Returns a list of `{"key", "value"}`.
  func pairs(_ name: String) throws -> [(key: String, value: String)] {
    try objects(name).map { (key: try $0.required("key"), value: try $0.text("value") ?? "") }
  }
}

/// Bounds of what clients say, as MLflow has them.
enum TextRule {
  /// Checks how long a text is, in characters.
  ///
  /// - Throws: 400 in MLflow's words.
  static func checkLength(_ text: String, _ what: String, atMost limit: Int) throws {
    guard text.unicodeScalars.count <= limit else {
      throw APIError.invalid("'\(what)' exceeds the maximum length of \(limit) characters")
    }
  }
}
