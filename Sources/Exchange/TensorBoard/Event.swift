internal import Tracking

/// A record of an event file: a step's summaries.
struct Event {
  /// A named piece of a summary.
  struct Summary {
    var tag = ""
    /// The scalar that it is; nil for any other kind.
    var scalar: Double?
    /// What else it is, in a word for people.
    var kind = "unknown"
    /// The plugin that a tag belongs to; told only once a tag by some writers.
    var plugin: String?
    /// What the plugin says of it.
    var pluginContent: ArraySlice<UInt8> = []
  }

  /// Seconds since 1970 UTC.
  var seconds = 0.0
  var step: Int64 = 0
  var summaries: [Summary] = []

  /// Reads an event: tensorflow/core/util/event.proto.
  init(_ bytes: [UInt8]) throws {
    try ProtobufReader.forEachField(of: bytes[...]) { number, content in
      switch number {
      case 1: seconds = content.double ?? 0
      case 2: step = content.integer ?? 0
      case 5:
        try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
          if number == 1, let value = content.bytes { summaries.append(try Summary(value)) }
        }
      default: break
      }
    }
  }

  /// When it was written.
  var time: Timestamp {
    let milliseconds = (seconds * 1000).rounded()
    return Timestamp(milliseconds: Int64(exactly: milliseconds) ?? 0)
  }
}

extension Event.Summary {
  // tensorflow/core/framework/summary.proto, Summary.Value.
  fileprivate init(_ bytes: ArraySlice<UInt8>) throws {
    try ProtobufReader.forEachField(of: bytes) { number, content in
      switch number {
      case 1: tag = content.text ?? ""
      case 2: scalar = content.float.map { Double($0) }
      case 4: kind = "image"
      case 5: kind = "histogram"
      case 6: kind = "audio"
      case 8:
        kind = "tensor"
        scalar = try Event.Summary.scalar(ofTensor: content.bytes ?? [])
      case 9:
        try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
          guard number == 1 else { return }
          try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
            if number == 1 { plugin = content.text }
            if number == 2 { pluginContent = content.bytes ?? [] }
          }
        }
      default: break
      }
    }
  }

  // tensorflow/core/framework/tensor.proto: the one number that a tensor holds; nil when it holds none or several.
  private static func scalar(ofTensor bytes: ArraySlice<UInt8>) throws -> Double? {
    var type: Int64 = 0
    var raw: ArraySlice<UInt8> = []
    var numbers: [Double] = []
    func packed<Bits: FixedWidthInteger>(_ content: ProtobufReader.Content, _ size: Bits.Type) -> [Bits] {
      guard let bytes = content.bytes else { return [] }
      let width = MemoryLayout<Bits>.size
      return bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / width).map { Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * width, as: size)) }
      }
    }
    try ProtobufReader.forEachField(of: bytes) { number, content in
      switch number {
      case 1: type = content.integer ?? 0
      case 4: raw = content.bytes ?? []
      case 5:
        let values = content.float.map { [$0] } ?? packed(content, UInt32.self).map { Float(bitPattern: $0) }
        numbers += values.map { Double($0) }
      case 6: numbers += content.double.map { [$0] } ?? packed(content, UInt64.self).map { Double(bitPattern: $0) }
      case 7, 10:
        if let value = content.integer {
          numbers.append(Double(value))
        } else {
          var reader = ProtobufReader([8] + (content.bytes ?? []))
          if let value = try reader.next()?.content.integer { numbers.append(Double(value)) }
        }
      default: break
      }
    }
    if !raw.isEmpty {
      let content = ProtobufReader.Content.bytes(raw)
      switch type {
      case 1: numbers = packed(content, UInt32.self).map { Double(Float(bitPattern: $0)) }
      case 2: numbers = packed(content, UInt64.self).map { Double(bitPattern: $0) }
      case 3: numbers = packed(content, Int32.self).map { Double($0) }
      case 9: numbers = packed(content, Int64.self).map { Double($0) }
      // bfloat16 is the upper half of a float.
      case 14: numbers = packed(content, UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
      default: return nil
      }
    }
    return numbers.count == 1 ? numbers[0] : nil
  }
}
