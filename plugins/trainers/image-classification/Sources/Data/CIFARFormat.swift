/// The binary version of CIFAR-10: records of 3,073 bytes, the class, then 1,024 red, green and blue pixels of 32x32.
enum CIFARFormat {
  static func images(_ file: FileBytes) throws -> RawImages {
    let shape = ImageShape(channels: 3, height: 32, width: 32)
    let record = 1 + 3072
    guard !file.bytes.isEmpty, file.bytes.count % record == 0 else {
      throw file.malformed(
        "CIFAR-10 records are \(record) bytes long, and \(file.bytes.count) bytes are no whole number of them")
    }
    var values: [UInt8] = []
    values.reserveCapacity(file.bytes.count)
    var labels: [Int32] = []
    for start in stride(from: 0, to: file.bytes.count, by: record) {
      labels.append(Int32(file.bytes[start]))
      values.append(contentsOf: file.bytes[start + 1..<start + record])
    }
    return RawImages(
      height: 32, width: 32, channels: 3,
      pixels: .bytes(CSVFormat.interleaved(values, images: labels.count, shape: shape)), labels: labels)
  }
}
