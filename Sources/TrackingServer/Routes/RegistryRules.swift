internal import Tracking

/// What MLflow allows in a registry, and what it says otherwise.
enum RegistryRules {
  /// The tag of MLflow's prompts, which are kept as versions of models.
  static let promptTag = "mlflow.prompt.is_prompt"

  /// The tags that searches see. Clients ask for models that are no prompts, and mean those without the tag too.
  static func searched(_ tags: [String: String]) -> [String: String] {
    tags.merging([promptTag: "false"]) { known, _ in known }
  }

  static let stages = ["None", "Staging", "Production", "Archived"]

  /// Checks the name of a registered model.
  static func checkName(_ name: String) throws {
    guard name.contains(where: { !$0.isWhitespace }) else { throw APIError.missing("name") }
    guard !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }) else {
      throw APIError.invalid("Invalid model name '\(name.prefix(256))'. Names cannot contain '/' or ':'.")
    }
    guard name != ".", name != "..", !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else {
      throw APIError.invalid(
        "Invalid value \(Value.text(name).json) for parameter 'name' supplied: Names may be treated as files in certain "
          + "cases, and must not resolve to other names when treated as such.")
    }
    try TextRule.checkLength(name, "Registered model name", atMost: 256)
  }

  /// Checks the name of an alias.
  static func checkAlias(_ alias: String) throws {
    let isPlain = alias.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "-"
    }
    guard isPlain else {
      throw APIError.invalid(
        "Invalid alias name: '\(alias.prefix(255))'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
      )
    }
    try TextRule.checkLength(alias, "Registered model alias name", atMost: 255)
    guard alias.lowercased() != "latest" else {
      throw APIError.invalid("'latest' alias name (case insensitive) is reserved.")
    }
    if alias.first == "v" || alias.first == "V", alias.count > 1, alias.dropFirst().allSatisfy(\.isNumber) {
      throw APIError.invalid("Version alias name '\(alias)' is reserved.")
    }
  }

  /// Reads the tags of a model or a version.
  static func tags(_ fields: RequestFields) throws -> [String: String] {
    var tags: [String: String] = [:]
    for (key, value) in try fields.pairs("tags") {
      try check(tag: key, value)
      tags[key] = value
    }
    return tags
  }

  /// Reads the one tag of a request.
  static func tag(_ fields: RequestFields) throws -> (key: String, value: String) {
    let tag = (key: try fields.required("key"), value: try fields.text("value") ?? "")
    try check(tag: tag.key, tag.value)
    return tag
  }

  private static func check(tag key: String, _ value: String) throws {
    try NameRules.check(key, kind: "key", path: "key")
    try TextRule.checkLength(value, "value", atMost: 100_000)
  }

  /// Returns a stage as MLflow writes it.
  static func stage(_ text: String) throws -> String {
    guard let stage = stages.first(where: { $0.lowercased() == text.lowercased() }) else {
      throw APIError.invalid(
        "Invalid Model Version stage: \(text.prefix(100)). Value must be one of \(stages.joined(separator: ", ")).")
    }
    return stage
  }

  /// Reads the number of a version.
  static func version(_ fields: RequestFields) throws -> Int {
    guard let version = try? fields.whole("version") else {
      guard let text = try? fields.text("version") else { throw APIError.missing("version") }
      throw notWhole(text)
    }
    return Int(clamping: version)
  }

  /// Reads the number of a version behind the `?`.
  static func version(_ request: APIRequest) throws -> Int {
    let text = try argument("version", request)
    guard let version = Int(text) else { throw notWhole(text) }
    return version
  }

  private static func notWhole(_ text: String) -> APIError {
    .invalid("Parameter 'version' must be an integer, got '\(text.prefix(100))'.")
  }

  /// Returns an argument behind the `?` that must be there.
  static func argument(_ name: String, _ request: APIRequest) throws -> String {
    guard let text = request.argument(name), !text.isEmpty else { throw APIError.missing(name) }
    return text
  }

  /// Reads `max_results` behind the `?`.
  static func limit(_ request: APIRequest, default: Int, largest: Int) throws -> Int {
    guard let text = request.argument("max_results") else { return `default` }
    guard let limit = Int(text) else { throw APIError.wrongType("\"\(text.prefix(100))\"", "max_results", hint: "str") }
    guard (1...largest).contains(limit) else {
      throw APIError.invalid(
        "Invalid value for max_results. It must be a positive number and at most \(largest), but got value \(limit).")
    }
    return limit
  }
}

extension RouteContext {
  /// Returns a registered model.
  ///
  /// - Throws: 404 in MLflow's words.
  func registeredModel(_ name: String) throws -> RegisteredModel {
    do {
      return try store.registeredModel(name)
    } catch let error as TrackingError where error.code == .notFound {
      throw APIError.notFound("Registered Model with name=\(name.prefix(256)) not found")
    }
  }

  /// Returns a version of a registered model.
  ///
  /// - Throws: 404 in MLflow's words.
  func modelVersion(_ name: String, _ number: Int) throws -> ModelVersion {
    let model = try registeredModel(name)
    guard let version = try store.modelVersions(of: model.name).first(where: { $0.version == number }) else {
      throw APIError.notFound("Model Version (name=\(name), version=\(number)) not found")
    }
    return version
  }
}
