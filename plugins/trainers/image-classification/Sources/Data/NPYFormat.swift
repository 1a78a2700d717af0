/// NumPy's `.npy`, versions 1 to 3: a header in Python's syntax, then the numbers in C order.
///
/// Images are `[images][rows][columns]` or `[images][rows][columns][channels]` of uint8, float32 or float64 (which is
/// rounded to float32); labels are `[images]` of any whole type.
struct NPYFormat {
  private let file: FileBytes
  private let kind: String
  private let shape: [Int]
  private let start: Int

  static func images(_ file: FileBytes, labels: FileBytes) throws -> RawImages {
    let array = try NPYFormat(file)
    guard array.shape.count == 3 || array.shape.count == 4 else {
      throw file.malformed(
        "its shape is \(array.shape); images are [images, rows, columns] or [images, rows, columns, channels]")
    }
    let classes = try NPYFormat(labels).wholeNumbers()
    guard classes.count == array.shape[0] else {
      throw labels.malformed("it has \(classes.count) labels for the \(array.shape[0]) images of '\(file.path)'")
    }
    return RawImages(
      height: array.shape[1], width: array.shape[2], channels: array.shape.count == 4 ? array.shape[3] : 1,
      pixels: try array.pixels(), labels: classes)
  }

  private init(_ file: FileBytes) throws {
    self.file = file
    let bytes = file.bytes
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count > 12 else {
      throw file.malformed("it does not start as a .npy file does")
    }
    let wide = bytes[6] >= 2
    let length = wide ? (0..<4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) } : Int(bytes[8]) | Int(bytes[9]) << 8
    start = (wide ? 12 : 10) + length
    guard start <= bytes.count else { throw file.malformed("it ends within its header") }
    let header = String(decoding: bytes[(wide ? 12 : 10)..<start], as: UTF8.self)
    guard let kind = NPYFormat.between("'descr':", ",", in: header),
      let shape = NPYFormat.between("'shape':", ")", in: header)
    else { throw file.malformed("its header is not understood: \(header)") }
    if header.contains("'fortran_order': True") {
      throw file.malformed("it is in Fortran order; save np.ascontiguousarray(images)")
    }
    self.kind = String(kind.filter { $0 != "'" && $0 != " " })
    self.shape = shape.filter { $0 != "(" && $0 != " " }.split(separator: ",").compactMap { Int($0) }
    let size = self.kind.last?.wholeNumberValue ?? 0
    guard size > 0, bytes.count - start == sizeProduct([size] + self.shape) else {
      throw file.malformed(
        "its header speaks of \(self.shape) numbers of \(size) bytes, and \(bytes.count - start) bytes follow")
    }
  }

  private static func between(_ opening: String, _ closing: Character, in text: String) -> Substring? {
    guard let range = text.firstRange(of: opening) else { return nil }
    return text[range.upperBound...].prefix { $0 != closing }
  }

  private func pixels() throws -> ImageSet.Pixels {
    let count = shape.reduce(1, *)
    switch kind {
    case "|u1": return .bytes(Array(file.bytes[start...]))
    case "<f4":
      return .floats(
        file.bytes.withUnsafeBytes { raw in
          (0..<count).map { Float(bitPattern: raw.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)) }
        })
    case "<f8":
      return .floats(
        file.bytes.withUnsafeBytes { raw in
          (0..<count).map {
            Float(Double(bitPattern: raw.loadUnaligned(fromByteOffset: start + $0 * 8, as: UInt64.self)))
          }
        })
    default: throw file.malformed("its numbers are '\(kind)'; images are uint8, float32 or float64, little-endian")
    }
  }

  private func wholeNumbers() throws -> [Int32] {
    guard shape.count == 1 else { throw file.malformed("its shape is \(shape); labels are one row of numbers") }
    let size = kind.last?.wholeNumberValue ?? 0
    guard kind.contains("i") || kind.contains("u"), !kind.hasPrefix(">") else {
      throw file.malformed("its numbers are '\(kind)'; labels are whole numbers, little-endian")
    }
    return try (0..<shape[0]).map { index in
      var value: UInt64 = 0
      for byte in 0..<size { value |= UInt64(file.bytes[start + index * size + byte]) << UInt64(8 * byte) }
      guard value <= 65535 else { throw file.malformed("label \(index) is negative or above 65,535") }
      return Int32(value)
    }
  }
}
