internal import Tracking

/// How many results a search may bring.
enum SearchLimit {
  static let largest = 50_000

  /// Reads `max_results`.
  ///
  /// - Throws: 400 outside 1...50,000, in MLflow's words.
  static func read(_ json: Value, default: Int) throws -> Int {
    guard let limit = try json.whole("max_results") else { return `default` }
    guard limit > 0 else {
      throw APIError.invalid(
        "Invalid value \(limit) for parameter 'max_results' supplied. It must be a positive integer")
    }
    guard limit <= largest else { throw APIError.wrongType(String(limit), "max_results", hint: "int") }
    return Int(limit)
  }
}

/// Which lifecycle stages a search sees.
enum ViewType {
  /// Reads `ACTIVE_ONLY`, `DELETED_ONLY`, `ALL`, or MLflow's numbers for them; active where it is missing.
  static func read(_ value: Value?) throws -> RunQuery.Stage {
    switch value {
    case nil, .null, .text("ACTIVE_ONLY"), .integer(1), .text("1"): return .active
    case .text("DELETED_ONLY"), .integer(2), .text("2"): return .deleted
    case .text("ALL"), .integer(3), .text("3"): return .all
    case .some(let value):
      throw APIError.invalid(
        "Invalid value \(String(value.json.prefix(100))) for parameter 'view_type' supplied: it is one of ACTIVE_ONLY, "
          + "DELETED_ONLY, ALL.")
    }
  }
}

extension RunQuery.Stage {
  /// Whether a record of that stage is seen.
  func fits(isDeleted: Bool) -> Bool { self == .all || (self == .deleted) == isDeleted }
}

/// Page tokens that are a place in the results, as MLflow's are: base 64 of `{"offset": N}`.
enum PageOffset {
  /// Reads a token; 0 where there is none.
  static func read(_ token: String?) throws -> Int {
    guard let token, !token.isEmpty else { return 0 }
    guard let bytes = ByteText.decode(token) else {
      throw APIError.invalid("Invalid page token, could not base64-decode")
    }
    guard let text = String(validating: bytes, as: UTF8.self),
      let offset = try? Value(json: text)["offset"]?.integer, offset > 0
    else { throw APIError.invalid("Invalid page token, it is not one that this server gave") }
    // No list is as long, and no sum with a limit overflows.
    return Int(min(offset, 1 << 40))
  }

  /// Makes a token.
  static func token(_ offset: Int) -> String { ByteText.encode(Array("{\"offset\": \(offset)}".utf8)) }
}
