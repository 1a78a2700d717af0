/// IDX, the format of MNIST: a magic number that tells the type and the dimensions, then the bytes.
enum IDXFormat {
  /// Reads images of one byte a pixel, `[images][rows][columns]`.
  static func images(_ file: FileBytes, labels: FileBytes) throws -> RawImages {
    var reader = ByteReader(file)
    let magic = try reader.number()
    guard magic == 0x0803 else {
      throw file.malformed(
        "an IDX file of images starts with 00 00 08 03, and this one with \(hex(magic)); give the images as `train` "
          + "and the labels as `train_labels`")
    }
    let (count, height, width) = (try reader.number(), try reader.number(), try reader.number())
    guard reader.left == sizeProduct([count, height, width]) else {
      throw file.malformed(
        "its header speaks of \(count) images of \(height)x\(width), and \(reader.left) bytes follow")
    }
    let classes = try self.labels(labels)
    guard classes.count == count else {
      throw labels.malformed("it has \(classes.count) labels for the \(count) images of '\(file.path)'")
    }
    return RawImages(
      height: height, width: width, channels: 1, pixels: .bytes(Array(file.bytes[reader.at...])), labels: classes)
  }

  private static func labels(_ file: FileBytes) throws -> [Int32] {
    var reader = ByteReader(file)
    let magic = try reader.number()
    guard magic == 0x0801 else {
      throw file.malformed("an IDX file of labels starts with 00 00 08 01, and this one with \(hex(magic))")
    }
    let count = try reader.number()
    guard reader.left == count else {
      throw file.malformed("its header speaks of \(count) labels, and \(reader.left) bytes follow")
    }
    return file.bytes[reader.at...].map { Int32($0) }
  }

  private static func hex(_ number: Int) -> String {
    stride(from: 24, through: 0, by: -8).map {
      let digits = String(number >> $0 & 255, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: " ")
  }
}
