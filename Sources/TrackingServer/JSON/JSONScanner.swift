internal import Glibc

/// Reads JSON from bytes, field by field, without building a tree: for the requests that come by the thousand.
///
/// It takes what MLflow's server takes: whole numbers as texts, `"NaN"` and the infinities as texts or bare words, unknown
/// fields, nulls. Nesting deeper than 200 is refused.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Reads a body, which is one object.
  ///
  /// - Throws: 400 for anything else, and what the function throws.
  static func fields(of body: [UInt8], _ each: (inout JSONScanner, FieldName) throws -> Void) throws {
    try body.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes)
      scanner.skipSpace()
      guard scanner.at < bytes.count else { return }
      try scanner.fields(each)
      scanner.skipSpace()
      guard scanner.at == bytes.count else { throw scanner.failure("more text after the value") }
    }
  }

  /// The name of a field, to be compared with those that are known.
  struct FieldName {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>

    static func ~= (name: StaticString, field: FieldName) -> Bool {
      name.utf8CodeUnitCount == field.bytes.count
        && memcmp(name.utf8Start, field.bytes.baseAddress!, field.bytes.count) == 0
    }
  }

  private func failure(_ message: String) -> APIError {
    APIError(.badRequest, "the body is no JSON: byte \(at): \(message)")
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard at + count <= bytes.count, memcmp(bytes.baseAddress! + at, word.utf8Start, count) == 0 else { return false }
    at += count
    return true
  }

  /// Reads an object: the function consumes each field's value.
  mutating func fields(_ each: (inout JSONScanner, FieldName) throws -> Void) throws {
    guard take(UInt8(ascii: "{")) else { throw failure("an object should stand here") }
    if take(UInt8(ascii: "}")) { return }
    repeat {
      skipSpace()
      let start = at + 1
      try skipString()
      let name = FieldName(bytes: UnsafeBufferPointer(rebasing: bytes[start..<at - 1]))
      guard take(UInt8(ascii: ":")) else { throw failure("':' should stand here") }
      skipSpace()
      try each(&self, name)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' should stand here") }
  }

  /// Reads a list, or null for an empty one: the function consumes each element.
  mutating func elements(_ field: StaticString, _ each: (inout JSONScanner) throws -> Void) throws {
    if takeWord("null") { return }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { throw try wrongType(field) }
    at += 1
    if take(UInt8(ascii: "]")) { return }
    repeat {
      skipSpace()
      try each(&self)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' should stand here") }
  }

  /// Reads a text; nil for null.
  mutating func text(_ field: StaticString) throws -> String? {
    if takeWord("null") { return nil }
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw try wrongType(field) }
    return try string()
  }

  /// Reads a whole number, as a number or a text; nil for null.
  mutating func whole(_ field: StaticString) throws -> Int64? {
    if takeWord("null") { return nil }
    let start = at
    if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
      let text = try string()
      if let number = Int64(text) { return number }
      at = start
      throw try wrongType(field)
    }
    if let digits = wholeDigits() { return digits }
    let number = try number()
    guard let whole = Int64(exactly: number) else {
      at = start
      throw try wrongType(field)
    }
    return whole
  }

  /// Reads a real number, as a number or a text, NaN and the infinities too; nil for null.
  mutating func real(_ field: StaticString) throws -> Double? {
    if takeWord("null") { return nil }
    if takeWord("NaN") { return .nan }
    if takeWord("Infinity") { return .infinity }
    if takeWord("-Infinity") { return -.infinity }
    guard at < bytes.count else { throw failure("the text ends where a value should stand") }
    guard bytes[at] == UInt8(ascii: "\"") else {
      guard bytes[at] == UInt8(ascii: "-") || (48...57).contains(bytes[at]) else { throw try wrongType(field) }
      return try number()
    }
    let start = at
    let text = try string()
    switch text {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      // A text that is a number as JSON has it.
      if let first = text.utf8.first, first == UInt8(ascii: "-") || (48...57).contains(first), !text.contains("x"),
        let number = Double(text)
      {
        return number
      }
      at = start
      throw try wrongType(field)
    }
  }

  /// Passes over a value.
  mutating func skip() throws {
    var depth = 0
    repeat {
      skipSpace()
      guard at < bytes.count else { throw failure("the text ends where a value should stand") }
      switch bytes[at] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
        guard depth <= 200 else { throw failure("nested deeper than 200") }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw failure("a value should stand here") }
        depth -= 1
        at += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw failure("a value should stand here") }
        at += 1
      case UInt8(ascii: "\""): try skipString()
      default:
        let start = at
        while at < bytes.count, !Self.endsWord(bytes[at]) { at += 1 }
        guard at > start else { throw failure("a value should stand here") }
      }
    } while depth > 0
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "{"),
      UInt8(ascii: "["), UInt8(ascii: "\""), 0x20, 0x09, 0x0A, 0x0D:
      true
    default: false
    }
  }

  // MARK: numbers

  private mutating func wholeDigits() -> Int64? {
    var place = at
    let isNegative = place < bytes.count && bytes[place] == UInt8(ascii: "-")
    if isNegative { place += 1 }
    let start = place
    var sum: Int64 = 0
    while place < bytes.count, (48...57).contains(bytes[place]), place - start < 18 {
      sum = sum * 10 + Int64(bytes[place] - 48)
      place += 1
    }
    guard place > start, place == bytes.count || Self.endsWord(bytes[place]) else { return nil }
    at = place
    return isNegative ? -sum : sum
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private mutating func number() throws -> Double {
    let start = at
    var digits: UInt64 = 0
    var count = 0
    var fraction = 0
    var isPlain = true
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
    var seenPoint = false
    scan: while at < bytes.count {
      switch bytes[at] {
      case let byte where (48...57).contains(byte):
        if count < 19 {
          digits = digits * 10 + UInt64(byte - 48)
          if digits > 0 { count += 1 }
        } else {
          isPlain = false
        }
        if seenPoint { fraction += 1 }
      case UInt8(ascii: ".") where !seenPoint: seenPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"): isPlain = false
      default: break scan
      }
      at += 1
    }
    guard at == bytes.count || Self.endsWord(bytes[at]) else { throw failure("a value should stand here") }
    // Both parts are exact, so that their quotient is rounded once (Clinger 1990, "How to read floating point numbers
    // accurately").
    if isPlain, digits <= 1 << 53, fraction <= 22, at > start, (48...57).contains(bytes[at - 1]) {
      let value = Double(digits) / Self.powers[fraction]
      return bytes[start] == UInt8(ascii: "-") ? -value : value
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let value = Double(text) else { throw failure("the number \(text.prefix(40)) cannot be read") }
    return value
  }

  // MARK: texts

  // Over the opening quote and up to behind the closing one.
  private mutating func skipString() throws {
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw failure("a text should stand here") }
    at += 1
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return
      case UInt8(ascii: "\\"): at += 2
      default: at += 1
      }
    }
    at = bytes.count
    throw failure("the text has no closing quote")
  }

  private mutating func string() throws -> String {
    let start = at + 1
    try skipString()
    let content = UnsafeBufferPointer(rebasing: bytes[start..<at - 1])
    if content.contains(where: { $0 == UInt8(ascii: "\\") || $0 < 0x20 }) { return try unescaped(content) }
    guard let text = String(validating: content, as: UTF8.self) else { throw failure("the text is not UTF-8") }
    return text
  }

  private func unescaped(_ content: UnsafeBufferPointer<UInt8>) throws -> String {
    var out: [UInt8] = []
    out.reserveCapacity(content.count)
    var place = 0
    while place < content.count {
      let byte = content[place]
      place += 1
      guard byte != UInt8(ascii: "\\") else {
        try Self.escape(content, &place, &out, orElse: failure("unknown escape in a text"))
        continue
      }
      guard byte >= 0x20 else { throw failure("a control character inside a text") }
      out.append(byte)
    }
    guard let text = String(validating: out, as: UTF8.self) else { throw failure("the text is not UTF-8") }
    return text
  }

  private static func escape(
    _ content: UnsafeBufferPointer<UInt8>, _ place: inout Int, _ out: inout [UInt8], orElse error: APIError
  ) throws {
    guard place < content.count else { throw error }
    let byte = content[place]
    place += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "u"):
      guard var unit = hexUnit(content, &place) else { throw error }
      if (0xD800..<0xDC00).contains(unit), place + 1 < content.count, content[place] == UInt8(ascii: "\\"),
        content[place + 1] == UInt8(ascii: "u")
      {
        place += 2
        guard let low = hexUnit(content, &place), (0xDC00..<0xE000).contains(low) else { throw error }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      // Half of a pair is no character; Python can write one.
      out.append(contentsOf: String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
    default: throw error
    }
  }

  private static func hexUnit(_ content: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt32? {
    guard place + 4 <= content.count, content[place] != UInt8(ascii: "+"), content[place] != UInt8(ascii: "-"),
      let unit = UInt32(String(decoding: content[place..<place + 4], as: UTF8.self), radix: 16)
    else { return nil }
    place += 4
    return unit
  }

  // What MLflow says of a value of the wrong type; it stands here.
  private mutating func wrongType(_ field: StaticString) throws -> APIError {
    guard at < bytes.count else { return failure("the text ends where a value should stand") }
    let hint =
      switch bytes[at] {
      case UInt8(ascii: "\""): "str"
      case UInt8(ascii: "{"): "dict"
      case UInt8(ascii: "["): "list"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "bool"
      default: "number"
      }
    let start = at
    try skip()
    let shown = String(decoding: bytes[start..<min(at, start + 200)], as: UTF8.self)
    let isWhole = hint == "number" && Int64(shown) != nil
    return .wrongType(shown, "\(field)", hint: hint == "number" ? (isWhole ? "int" : "float") : hint)
  }
}
