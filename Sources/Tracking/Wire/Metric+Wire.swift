extension MetricPoint: WireRecord {
  package var wire: Value { .record(["step": step, "time": time, "value": value]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a point")
    self.init(step: try fields.get("step"), time: try fields.get("time"), value: try fields.get("value"))
  }
}

extension SeriesSummary: WireRecord {
  package var wire: Value {
    .record([
      "name": name, "attempt": attempt, "count": count, "last": last, "latest": latest,
      "largest_step": largestStep, "minimum": minimum, "maximum": maximum,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a summary")
    self.init(
      name: try fields.get("name"), attempt: try fields.get("attempt"), count: try fields.get("count"),
      last: try fields.get("last"), latest: try fields.get("latest"), largestStep: try fields.get("largest_step"),
      minimum: try fields.optional("minimum"), maximum: try fields.optional("maximum"))
  }
}

extension MetricColumns: WireRecord {
  /// The values as base 64 of their bits, 8 bytes each, little end first. Steps and times, which mostly grow evenly, as
  /// base 64 of how much each difference differs from the one before it (`ColumnCode`): one or two bytes a point.
  package var wire: Value {
    .record([
      "name": name, "count": count, "steps": ByteText.encode(ColumnCode.encode(steps)),
      "times": ByteText.encode(ColumnCode.encode(times)), "values": ByteText.encode(ColumnCode.bits(values)),
    ])
  }

  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a series")
    let count: Int = try fields.get("count")
    func column<Element>(_ name: String, _ decode: ([UInt8], Int) -> [Element]?) throws -> [Element] {
      let text: String = try fields.get(name)
      guard let bytes = ByteText.decode(text), let column = decode(bytes, count) else {
        throw TrackingError(.invalid, "the '\(name)' of a series on the wire are no column of \(count) points")
      }
      return column
    }
    self.init(
      name: try fields.get("name"), steps: try column("steps", ColumnCode.decode),
      times: try column("times", ColumnCode.decode), values: try column("values", ColumnCode.values))
  }
}

/// Columns as bytes.
enum ColumnCode {
  /// Encodes whole numbers: each as the difference of its difference to the one before from the difference before that
  /// (beginning with 0 and 0; all modulo 2^64), signs folded (0, -1, 1, -2, … as 0, 1, 2, 3, …), in groups of 7 bits, low
  /// ones first, the high bit set where more follow.
  static func encode(_ numbers: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * 2)
    var (last, step): (Int64, Int64) = (0, 0)
    for number in numbers {
      let next = number &- last
      let change = next &- step
      (last, step) = (number, next)
      var folded = UInt64(bitPattern: change &<< 1 ^ change &>> 63)
      while folded >= 128 {
        bytes.append(UInt8(truncatingIfNeeded: folded) | 128)
        folded >>= 7
      }
      bytes.append(UInt8(folded))
    }
    return bytes
  }

  /// Reads them back; nil when the bytes are not of so many.
  static func decode(_ bytes: [UInt8], count: Int) -> [Int64]? {
    // A number takes a byte at least, so what is reserved is bounded by what came.
    guard count >= 0, count <= bytes.count else { return nil }
    var numbers: [Int64] = []
    numbers.reserveCapacity(count)
    var (last, step): (Int64, Int64) = (0, 0)
    var (folded, shift): (UInt64, UInt64) = (0, 0)
    for byte in bytes {
      guard shift < 63 || (shift == 63 && byte <= 1) else { return nil }
      folded |= UInt64(byte & 127) << shift
      shift += 7
      guard byte < 128 else { continue }
      step &+= Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
      last &+= step
      numbers.append(last)
      (folded, shift) = (0, 0)
    }
    return numbers.count == count && shift == 0 ? numbers : nil
  }

  /// Encodes values by their bits.
  static func bits(_ values: [Double]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: values.count * 8) { out, written in
      let raw = UnsafeMutableRawBufferPointer(out)
      for (place, value) in values.enumerated() {
        raw.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: place * 8, as: UInt64.self)
      }
      written = values.count * 8
    }
  }

  /// Reads them back; nil when the bytes are not of so many.
  static func values(_ bytes: [UInt8], count: Int) -> [Double]? {
    guard count >= 0, bytes.count % 8 == 0, bytes.count / 8 == count else { return nil }
    return bytes.withUnsafeBytes { raw in
      (0..<count).map {
        Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
      }
    }
  }
}
