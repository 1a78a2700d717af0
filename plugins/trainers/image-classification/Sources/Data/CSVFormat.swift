/// Rows of whole numbers, pixels (0 to 255) and class, separated by commas; empty lines count for nothing.
///
/// A first line that does not start with a digit is a heading and is passed over. The pixels of several channels come
/// channel by channel.
enum CSVFormat {
  /// - Parameters:
  ///   - labelFirst: whether a row starts with its class; otherwise it ends with it.
  ///   - shape: channels, height, width; nil for a square image of one channel.
  static func images(_ file: FileBytes, labelFirst: Bool, shape: ImageShape?) throws -> RawImages {
    var columns = 0
    var values: [UInt8] = []
    var labels: [Int32] = []
    try file.bytes.withUnsafeBufferPointer { bytes in
      var at = 0
      var line = 1
      if let first = bytes.first, !isDigit(first), first != newline {
        while at < bytes.count, bytes[at] != newline { at += 1 }
      }
      var row: [Int] = []
      row.reserveCapacity(1024)
      while at < bytes.count {
        row.removeAll(keepingCapacity: true)
        try readRow(bytes, &at, line: line, file: file, into: &row)
        line += 1
        if row.isEmpty { continue }
        if columns == 0 { columns = row.count }
        guard row.count == columns else {
          throw file.malformed("line \(line - 1) has \(row.count) columns, and the lines before it \(columns)")
        }
        labels.append(Int32(truncatingIfNeeded: labelFirst ? row[0] : row[columns - 1]))
        for (index, value) in row.enumerated() where index != (labelFirst ? 0 : columns - 1) {
          guard value <= 255 else {
            throw file.malformed("line \(line - 1), column \(index + 1) is \(value); pixels are whole numbers 0 to 255")
          }
          values.append(UInt8(value))
        }
      }
    }
    guard columns > 1 else { throw file.malformed("it has no row with pixels and a class") }
    let shape = try shape ?? ImageShape.square(pixels: columns - 1, file: file)
    guard shape.channels * shape.height * shape.width == columns - 1 else {
      throw TrainerError(
        .unsuitable,
        "image_shape is '\(shape)', which is \(shape.channels * shape.height * shape.width) pixels, and a "
          + "row of '\(file.path)' has \(columns - 1)")
    }
    return RawImages(
      height: shape.height, width: shape.width, channels: shape.channels,
      pixels: .bytes(interleaved(values, images: labels.count, shape: shape)), labels: labels)
  }

  private static let newline = UInt8(ascii: "\n")

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  private static func readRow(
    _ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, line: Int, file: FileBytes, into row: inout [Int]
  ) throws {
    var value = 0
    var digits = 0
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if isDigit(byte) {
        value = value * 10 + Int(byte &- 48)
        digits += 1
        if digits > 9 { break }
        continue
      }
      if byte == newline {
        if digits > 0 { row.append(value) }
        if digits > 0 || row.isEmpty { return }
        throw file.malformed("line \(line) ends with a comma")
      }
      if byte == UInt8(ascii: ","), digits > 0 {
        row.append(value)
        (value, digits) = (0, 0)
      } else if byte != 13, byte != 32 {
        throw file.malformed(
          "line \(line), column \(row.count + 1) is no whole number of 0 or more; rows are pixels 0 to 255 and a class")
      }
    }
    if digits > 9 { throw file.malformed("line \(line), column \(row.count + 1) is no pixel and no class") }
    if digits > 0 { row.append(value) }
  }

  /// Turns channel after channel into pixel after pixel.
  static func interleaved(_ values: [UInt8], images: Int, shape: ImageShape) -> [UInt8] {
    if shape.channels == 1 { return values }
    let pixels = shape.height * shape.width
    var out = [UInt8](repeating: 0, count: values.count)
    for image in 0..<images {
      let start = image * pixels * shape.channels
      for channel in 0..<shape.channels {
        for pixel in 0..<pixels {
          out[start + pixel * shape.channels + channel] = values[start + channel * pixels + pixel]
        }
      }
    }
    return out
  }
}

/// Channels, height and width, in SageMaker's order.
struct ImageShape: Equatable, CustomStringConvertible {
  var channels: Int
  var height: Int
  var width: Int

  init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Reads `1,28,28`; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      Int(part.filter { $0 != " " }) ?? 0
    }
    guard parts.count == 3, parts.allSatisfy({ $0 > 0 && $0 <= 4096 }) else { return nil }
    self.init(channels: parts[0], height: parts[1], width: parts[2])
  }

  var description: String { "\(channels),\(height),\(width)" }

  static func square(pixels: Int, file: FileBytes) throws -> ImageShape {
    let side = Int(Double(pixels).squareRoot().rounded())
    guard side * side == pixels else {
      throw file.malformed(
        "a row has \(pixels) pixels, which make no square of one channel; say what they are with image_shape, "
          + "such as '3,32,32' (channels, height, width)")
    }
    return ImageShape(channels: 1, height: side, width: side)
  }
}
