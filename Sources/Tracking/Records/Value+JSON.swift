/// A JSON text that cannot be read: where and why.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// The byte at which reading stopped, from 0.
  public let offset: Int
  /// What was wrong there.
  public let message: String

  /// The message with its place.
  public var description: String { "JSON, byte \(offset): \(message)" }
}

extension Value {
  /// The canonical JSON text: no spaces, names sorted by their UTF-8 bytes, shortest decimals that read back the same,
  /// a real number always with a point or an exponent. Equal values have equal texts.
  public var json: String {
    var out = ""
    write(to: &out, indent: nil, depth: 0)
    return out
  }

  /// The JSON text on several lines, two spaces a level, names sorted.
  public var prettyJSON: String {
    var out = ""
    write(to: &out, indent: 2, depth: 0)
    return out
  }

  private func write(to out: inout String, indent: Int?, depth: Int) {
    switch self {
    case .null: out += "null"
    case .boolean(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .real(let value): out += Value.decimal(value)
    case .text(let value): Value.quote(value, to: &out)
    case .list(let values):
      Value.writeMembers(values.count, "[", "]", to: &out, indent: indent, depth: depth) { index, out in
        values[index].write(to: &out, indent: indent, depth: depth + 1)
      }
    case .object(let members):
      let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      Value.writeMembers(names.count, "{", "}", to: &out, indent: indent, depth: depth) { index, out in
        Value.quote(names[index], to: &out)
        out += indent == nil ? ":" : ": "
        members[names[index]]?.write(to: &out, indent: indent, depth: depth + 1)
      }
    }
  }

  private static func writeMembers(
    _ count: Int, _ open: String, _ close: String, to out: inout String, indent: Int?, depth: Int,
    member: (Int, inout String) -> Void
  ) {
    out += open
    for index in 0..<count {
      if index > 0 { out += "," }
      if let indent { out += "\n" + String(repeating: " ", count: indent * (depth + 1)) }
      member(index, &out)
    }
    if let indent, count > 0 { out += "\n" + String(repeating: " ", count: indent * depth) }
    out += close
  }

  /// Returns the JSON form of a real number: shortest decimals, or a quoted word where JSON has no number.
  public static func decimal(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return value.description
  }

  /// Appends a text as a JSON string.
  public static func quote(_ text: String, to out: inout String) {
    out += "\""
    // Most texts need no escape, and are long at times: columns of points.
    if !text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
      out += text
      out += "\""
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case let control where control.value < 0x20:
        let hex = String(control.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }

  /// Reads a JSON text (RFC 8259). A number without point and exponent that fits 64 bits is whole, any other is real.
  ///
  /// - Throws: `JSONError` with the byte where reading stopped; nesting deeper than 200 is refused.
  public init(json text: String) throws {
    var parser = JSONParser(bytes: Array(text.utf8))
    self = try parser.document()
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var at = 0

  func failure(_ message: String) -> JSONError { JSONError(offset: at, message: message) }

  mutating func document() throws -> Value {
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw failure("more text after the value") }
    return value
  }

  mutating func skipSpace() {
    while at < bytes.count, bytes[at] <= 0x20,
      bytes[at] == 0x20 || (0x09...0x0A).contains(bytes[at]) || bytes[at] == 0x0D
    {
      at += 1
    }
  }

  mutating func value(depth: Int) throws -> Value {
    guard depth <= 200 else { throw failure("nested deeper than 200") }
    skipSpace()
    guard at < bytes.count else { throw failure("the text ends where a value should stand") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  mutating func word(_ word: String, _ value: Value) throws -> Value {
    guard bytes[at...].starts(with: word.utf8) else { throw failure("unknown word") }
    at += word.utf8.count
    return value
  }

  mutating func object(depth: Int) throws -> Value {
    var members: [String: Value] = [:]
    at += 1
    skipSpace()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw failure("a name in quotes should stand here")
      }
      let name = try string()
      skipSpace()
      guard take(":") else { throw failure("':' should stand after the name '\(name)'") }
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw failure("the name '\(name)' stands twice")
      }
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure("',' or '}' should stand here") }
    return .object(members)
  }

  mutating func list(depth: Int) throws -> Value {
    var values: [Value] = []
    at += 1
    skipSpace()
    if take("]") { return .list(values) }
    repeat {
      values.append(try value(depth: depth + 1))
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure("',' or ']' should stand here") }
    return .list(values)
  }

  mutating func take(_ character: Character) -> Bool {
    guard at < bytes.count, let ascii = character.asciiValue, bytes[at] == ascii else { return false }
    at += 1
    return true
  }

  mutating func number() throws -> Value {
    let start = at
    var whole = true
    _ = take("-")
    let first = at
    while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
    guard at > first else { throw failure("a value should stand here") }
    guard at == first + 1 || bytes[first] != 48 else { throw failure("a number has no leading zero") }
    if take(".") {
      whole = false
      let fraction = at
      while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
      guard at > fraction else { throw failure("a digit should stand after the point") }
    }
    if take("e") || take("E") {
      whole = false
      if !take("+") { _ = take("-") }
      let exponent = at
      while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
      guard at > exponent else { throw failure("a digit should stand in the exponent") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if whole, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw failure("the number \(text) is out of range") }
    return .real(value)
  }

  mutating func string() throws -> String {
    at += 1
    var out: [UInt8] = []
    while at < bytes.count {
      let start = at
      while at < bytes.count, bytes[at] >= 0x20, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\") {
        at += 1
      }
      out.append(contentsOf: bytes[start..<at])
      guard at < bytes.count else { break }
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else { throw failure("the text is not UTF-8") }
        return text
      case UInt8(ascii: "\\"): try escape(to: &out)
      case 0..<0x20:
        at -= 1
        throw failure("a control character inside a text")
      default: out.append(byte)
      }
    }
    throw failure("the text has no closing quote")
  }

  mutating func escape(to out: inout [UInt8]) throws {
    guard at < bytes.count else { throw failure("the text has no closing quote") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "u"):
      var unit = try hexUnit()
      if (0xD800..<0xDC00).contains(unit) {
        guard take("\\"), take("u") else { throw failure("half of a surrogate pair") }
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("half of a surrogate pair") }
      out.append(contentsOf: String(Character(scalar)).utf8)
    default: throw failure("unknown escape")
    }
  }

  mutating func hexUnit() throws -> UInt32 {
    guard at + 4 <= bytes.count, bytes[at] != UInt8(ascii: "+"),
      let unit = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits should stand after \\u") }
    at += 4
    return unit
  }
}
