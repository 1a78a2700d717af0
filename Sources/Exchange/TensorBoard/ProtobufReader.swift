/// Reads the fields of a protocol buffer message, one after the other.
struct ProtobufReader {
  /// A field's content, by its wire type.
  enum Content {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  /// Why a message cannot be read.
  struct Malformed: Error {}

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Hands each field to a closure.
  static func forEachField(
    of bytes: ArraySlice<UInt8>, _ body: (_ number: UInt64, _ content: Content) throws -> Void
  ) throws {
    var reader = ProtobufReader(bytes)
    while let (number, content) = try reader.next() { try body(number, content) }
  }

  /// Returns the next field; nil at the end.
  mutating func next() throws -> (number: UInt64, content: Content)? {
    guard !rest.isEmpty else { return nil }
    let key = try varint()
    switch key & 7 {
    case 0: return (key >> 3, .varint(try varint()))
    case 1: return (key >> 3, .fixed64(try fixed(UInt64.self)))
    case 2:
      let count = try varint()
      guard count <= UInt64(rest.count) else { throw Malformed() }
      let bytes = rest.prefix(Int(count))
      rest = rest.dropFirst(Int(count))
      return (key >> 3, .bytes(bytes))
    case 5: return (key >> 3, .fixed32(try fixed(UInt32.self)))
    default: throw Malformed()
    }
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      guard let byte = rest.popFirst() else { throw Malformed() }
      value |= UInt64(byte & 127) << UInt64(place * 7)
      if byte < 128 { return value }
    }
    throw Malformed()
  }

  private mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
    let size = MemoryLayout<Number>.size
    guard rest.count >= size else { throw Malformed() }
    defer { rest = rest.dropFirst(size) }
    return rest.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: type)) }
  }
}

extension ProtobufReader.Content {
  var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
  var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
  var double: Double? { if case .fixed64(let bits) = self { Double(bitPattern: bits) } else { nil } }
  var float: Float? { if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil } }
  var integer: Int64? { if case .varint(let bits) = self { Int64(bitPattern: bits) } else { nil } }
}
