import Tracking

/// Points of one series as one blob: `docs/design/metric-chunks.md` describes it byte by byte.
///
/// An object keeps buffers that it uses again and again; one thread uses it at a time.
final class MetricChunk: @unchecked Sendable {  // The pool of its store hands it to one thread at a time.
  /// The version that is written, the first byte of a chunk.
  static let version: UInt8 = 1
  /// The most points in a chunk.
  static let limit = 4_096

  private let planes = BytePlanes()
  private var words: [UInt64] = []

  private enum Layout: UInt8 {
    case plain = 0
    case curvature = 1
    case dictionary = 2
    case whole = 3
  }

  /// Packs some points.
  ///
  /// - Parameters:
  ///   - range: 1 to `limit` points of the columns.
  ///   - identity: a number that says whose points they are; it must be the same when they are read.
  func pack(_ columns: MetricColumns, _ range: Range<Int>, identity: UInt64) -> [UInt8] {
    precondition((1...Self.limit).contains(range.count), "a chunk has 1 to \(Self.limit) points")
    if words.count < range.count { words = [UInt64](repeating: 0, count: Self.limit) }
    var out = ByteWriter()
    out.append(Self.version)
    out.appendVariable(UInt64(range.count))
    columns.steps.withUnsafeBufferPointer { writeWhole(UnsafeBufferPointer(rebasing: $0[range]), to: &out) }
    columns.times.withUnsafeBufferPointer { writeWhole(UnsafeBufferPointer(rebasing: $0[range]), to: &out) }
    columns.values.withUnsafeBufferPointer { writeReal(UnsafeBufferPointer(rebasing: $0[range]), to: &out) }
    let checksum = out.bytes.withUnsafeBytes { Checksum.of($0, seed: identity) }
    out.appendFixed(checksum & 0xffff_ffff, width: 4)
    return out.bytes
  }

  /// Unpacks a chunk's points and appends them to columns.
  ///
  /// - Throws: `ChunkDamage`; the columns are as they were then.
  func unpack(_ bytes: UnsafeRawBufferPointer, identity: UInt64, appendingTo columns: inout MetricColumns) throws {
    guard bytes.count > 4 else { throw ChunkDamage("it has only \(bytes.count) bytes") }
    var tail = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - 4)...]))
    let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    guard try tail.fixed(width: 4) == Checksum.of(body, seed: identity) & 0xffff_ffff else {
      throw ChunkDamage("its checksum does not fit")
    }
    var reader = ByteReader(body)
    let version = try reader.byte()
    guard version == Self.version else {
      throw ChunkDamage("it is of version \(version), which this program does not know")
    }
    let count = try reader.count(atMost: Self.limit)
    guard count > 0 else { throw ChunkDamage("it has no points") }
    if words.count < count { words = [UInt64](repeating: 0, count: Self.limit) }
    let before = columns.count
    do {
      try appendWhole(count, to: &columns.steps, from: &reader)
      try appendWhole(count, to: &columns.times, from: &reader)
      try appendReal(count, to: &columns.values, from: &reader)
      guard reader.isAtEnd else { throw ChunkDamage("it is longer than its points") }
    } catch {
      columns.steps.removeSubrange(before...)
      columns.times.removeSubrange(before...)
      columns.values.removeSubrange(before...)
      throw error
    }
  }

  // A column of whole numbers: the first, the smallest difference, and the planes of what differences are above it.
  // All arithmetic wraps, so that every Int64 may follow every other.
  private func writeWhole(_ numbers: UnsafeBufferPointer<Int64>, to out: inout ByteWriter) {
    out.appendZigzag(numbers[0])
    guard numbers.count > 1 else { return }
    var least = Int64.max
    for index in 1..<numbers.count { least = min(least, numbers[index] &- numbers[index - 1]) }
    out.appendZigzag(least)
    words.withUnsafeMutableBufferPointer { words in
      for index in 1..<numbers.count {
        words[index - 1] = UInt64(bitPattern: numbers[index] &- numbers[index - 1] &- least)
      }
      planes.write(UnsafeBufferPointer(rebasing: words[..<(numbers.count - 1)]), to: &out)
    }
  }

  /// Reads a column of whole numbers into `words`, as bit patterns.
  private func readWhole(_ words: UnsafeMutableBufferPointer<UInt64>, from reader: inout ByteReader) throws {
    var last = try reader.zigzag()
    words[0] = UInt64(bitPattern: last)
    guard words.count > 1 else { return }
    let least = try reader.zigzag()
    let differences = UnsafeMutableBufferPointer(rebasing: words[1...])
    try planes.read(into: differences, from: &reader)
    for index in differences.indices {
      last &+= least &+ Int64(bitPattern: differences[index])
      differences[index] = UInt64(bitPattern: last)
    }
  }

  private func appendWhole(_ count: Int, to column: inout [Int64], from reader: inout ByteReader) throws {
    try withWords(count) { words in
      try readWhole(words, from: &reader)
      words.withMemoryRebound(to: Int64.self) { column.append(contentsOf: $0) }
    }
  }

  private func withWords<Result>(
    _ count: Int, _ body: (UnsafeMutableBufferPointer<UInt64>) throws -> Result
  ) rethrows -> Result {
    try words.withUnsafeMutableBufferPointer { try body(UnsafeMutableBufferPointer(rebasing: $0[..<count])) }
  }

  private func writeReal(_ values: UnsafeBufferPointer<Double>, to out: inout ByteWriter) {
    if values.allSatisfy(Self.isWhole) {
      out.append(Layout.whole.rawValue)
      withUnsafeTemporaryAllocation(of: Int64.self, capacity: values.count) { numbers in
        for index in values.indices { numbers[index] = Int64(values[index]) }
        writeWhole(UnsafeBufferPointer(numbers), to: &out)
      }
    } else if !writeDictionary(values, to: &out) {
      writePlanes(values, to: &out)
    }
  }

  private static func isWhole(_ value: Double) -> Bool {
    value.magnitude < 9_007_199_254_740_992 && value.rounded(.towardZero) == value
      && !(value == 0 && value.sign == .minus)
  }

  private func writePlanes(_ values: UnsafeBufferPointer<Double>, to out: inout ByteWriter) {
    withWords(values.count) { words in
      Self.bend(values, into: words)
      // A smooth curve leaves a few low bits of each word, noise leaves nearly all; in between planes of the values
      // themselves pack better.
      if words.reduce(0, { $0 + 64 - $1.leadingZeroBitCount }) < Self.smoothBits * words.count {
        out.append(Layout.curvature.rawValue)
      } else {
        out.append(Layout.plain.rawValue)
        for index in values.indices { words[index] = values[index].bitPattern }
      }
      planes.write(UnsafeBufferPointer(words), to: &out)
    }
  }

  /// The mean length of a word in bits below which a curve counts as smooth.
  private static let smoothBits = 40

  /// Makes of values how far each lies beside the line through the two before it, in bit patterns, signs folded in.
  private static func bend(_ values: UnsafeBufferPointer<Double>, into words: UnsafeMutableBufferPointer<UInt64>) {
    var last: Int64 = 0
    var slope: Int64 = 0
    for index in values.indices {
      let bits = Int64(bitPattern: values[index].bitPattern)
      let newSlope = bits &- last
      let bend = newSlope &- slope
      words[index] = UInt64(bitPattern: (bend << 1) ^ (bend >> 63))
      last = bits
      slope = newSlope
    }
  }

  private static func unbend(_ words: UnsafeMutableBufferPointer<UInt64>) {
    var last: Int64 = 0
    var slope: Int64 = 0
    for index in words.indices {
      slope &+= Int64(bitPattern: words[index] >> 1) ^ -Int64(bitPattern: words[index] & 1)
      last &+= slope
      words[index] = UInt64(bitPattern: last)
    }
  }

  /// Writes values of which there are few different ones as a list of these and a byte for each value's place in it.
  ///
  /// - Returns: false, with nothing written, if there are too many.
  private func writeDictionary(_ values: UnsafeBufferPointer<Double>, to out: inout ByteWriter) -> Bool {
    let limit = min(256, values.count / 8 + 1)
    var listed: [UInt64] = []
    var places = [UInt8](repeating: 0, count: values.count)
    // Open addressing over 1,024 slots: 0 is free, anything else is a place in the list and 1.
    var slots = [UInt16](repeating: 0, count: 1_024)
    for index in values.indices {
      let bits = values[index].bitPattern
      var slot = Int((bits &* 0x9E37_79B1_85EB_CA87) >> 54)
      while slots[slot] != 0, listed[Int(slots[slot]) - 1] != bits { slot = (slot + 1) & 1_023 }
      if slots[slot] == 0 {
        guard listed.count < limit else { return false }
        listed.append(bits)
        slots[slot] = UInt16(listed.count)
      }
      places[index] = UInt8(truncatingIfNeeded: slots[slot] - 1)
    }
    out.append(Layout.dictionary.rawValue)
    out.appendVariable(UInt64(listed.count))
    for bits in listed { out.appendFixed(bits, width: 8) }
    places.withUnsafeBufferPointer { planes.write(bytes: $0, to: &out) }
    return true
  }

  private func appendReal(_ count: Int, to column: inout [Double], from reader: inout ByteReader) throws {
    let layout = try reader.byte()
    guard let layout = Layout(rawValue: layout) else {
      throw ChunkDamage("its values are laid out in way \(layout), which this program does not know")
    }
    try withWords(count) { words in
      switch layout {
      case .whole:
        try readWhole(words, from: &reader)
        for index in words.indices { words[index] = Double(Int64(bitPattern: words[index])).bitPattern }
      case .plain: try planes.read(into: words, from: &reader)
      case .curvature:
        try planes.read(into: words, from: &reader)
        Self.unbend(words)
      case .dictionary: try readDictionary(into: words, from: &reader)
      }
      words.withMemoryRebound(to: Double.self) { column.append(contentsOf: $0) }
    }
  }

  private func readDictionary(
    into words: UnsafeMutableBufferPointer<UInt64>, from reader: inout ByteReader
  ) throws {
    let listed = try (0..<reader.count(atMost: 256)).map { _ in try reader.fixed(width: 8) }
    try planes.withPlane(words.count, from: &reader) { places in
      for index in words.indices {
        guard places[index] < listed.count else { throw ChunkDamage("a value is not in its list") }
        words[index] = listed[Int(places[index])]
      }
    }
  }
}
