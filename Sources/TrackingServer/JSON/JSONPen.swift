internal import Tracking

/// Writes JSON into bytes: compact, fields in the order in which they are written.
struct JSONPen {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

  private mutating func next() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func name(_ name: StaticString) {
    next()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func enclosed(_ open: UInt8, _ close: UInt8, _ body: (inout JSONPen) throws -> Void) rethrows {
    bytes.append(open)
    needsComma = false
    try body(&self)
    bytes.append(close)
    needsComma = true
  }

  /// Writes an object, at the top or as the next element of a list.
  mutating func object(_ body: (inout JSONPen) throws -> Void) rethrows {
    next()
    try enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Writes a field that is an object.
  mutating func object(_ name: StaticString, _ body: (inout JSONPen) throws -> Void) rethrows {
    self.name(name)
    try enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Writes a field that is a list, left out when there are no elements, as MLflow does.
  mutating func list<Elements: Collection>(
    _ name: StaticString, _ elements: Elements, _ body: (inout JSONPen, Elements.Element) throws -> Void
  ) rethrows {
    guard !elements.isEmpty else { return }
    self.name(name)
    try enclosed(UInt8(ascii: "["), UInt8(ascii: "]")) { pen in
      for element in elements { try body(&pen, element) }
    }
  }

  /// Writes a field that is a text.
  mutating func field(_ name: StaticString, _ text: String) {
    self.name(name)
    quote(text)
  }

  /// Writes a field that is a whole number.
  mutating func field(_ name: StaticString, _ number: Int64) {
    self.name(name)
    whole(number)
  }

  /// Writes a field that is a truth value.
  mutating func field(_ name: StaticString, _ flag: Bool) {
    self.name(name)
    bytes.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  /// Writes a field that is a real number: the shortest decimals that read back the same; NaN and the infinities are the
  /// texts `"NaN"`, `"Infinity"`, `"-Infinity"`.
  mutating func field(_ name: StaticString, _ number: Double) {
    self.name(name)
    bytes.append(contentsOf: Value.decimal(number).utf8)
  }

  /// Writes a text as the next element of a list.
  mutating func element(_ text: String) {
    next()
    quote(text)
  }

  /// Writes any value as a field.
  mutating func field(_ name: StaticString, _ value: Value) {
    self.name(name)
    bytes.append(contentsOf: value.json.utf8)
  }

  private mutating func whole(_ number: Int64) {
    if number >= 0, number < 10 {
      bytes.append(48 + UInt8(number))
      return
    }
    var rest = number.magnitude
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { buffer in
      var at = buffer.count
      while rest > 0 {
        at -= 1
        buffer[at] = 48 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[at...]))
    }
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      var start = 0
      for place in utf8.indices {
        let byte = utf8[place]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
        start = place + 1
        escape(byte)
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
    default:
      let hex = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(hex[Int(byte >> 4)])
      bytes.append(hex[Int(byte & 15)])
    }
  }
}
