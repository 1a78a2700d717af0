/// The forms in which images come.
enum ImageFormat: String, CaseIterable {
  /// Rows of whole numbers, pixels and class, separated by commas.
  case csv
  /// The files of MNIST: images and labels in a file each.
  case idx
  /// The binary version of CIFAR-10: a byte of class, 3,072 bytes of 32x32 pixels by colour.
  case cifar10
  /// NumPy arrays: images and labels in a file each.
  case npy

  /// Guesses from a file's name, `.gz` aside; nil when it tells nothing.
  init?(name: String) {
    let name = name.lowercased()
    if name.hasSuffix(".csv") || name.hasSuffix(".tra") || name.hasSuffix(".tes") {
      self = .csv
    } else if name.hasSuffix(".npy") {
      self = .npy
    } else if name.hasSuffix(".bin") {
      self = .cifar10
    } else if name.contains("-ubyte") || name.hasSuffix(".idx") || name.contains("idx3") {
      self = .idx
    } else {
      return nil
    }
  }
}

/// Images as a file holds them, before they are judged together with others.
struct RawImages {
  var height: Int
  var width: Int
  var channels: Int
  var pixels: ImageSet.Pixels
  var labels: [Int32]

  /// The largest pixel, for the choice of the divisor.
  var largest: Float {
    switch pixels {
    case .bytes(let values): Float(values.max() ?? 0)
    case .floats(let values): values.max() ?? 0
    }
  }
}

/// Reads whole numbers out of bytes, with the place for messages.
struct ByteReader {
  let file: FileBytes
  var at = 0

  init(_ file: FileBytes) { self.file = file }

  var left: Int { file.bytes.count - at }

  /// A big-endian number of 4 bytes.
  mutating func number() throws -> Int {
    guard left >= 4 else { throw file.malformed("it ends within its header") }
    defer { at += 4 }
    return file.bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Returns the product of sizes that a file speaks of; nil where there is a negative one, or no memory could hold them.
func sizeProduct(_ sizes: [Int]) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if size < 0 || overflow || next > 1 << 48 { return nil }
    product = next
  }
  return product
}

extension FileBytes {
  func malformed(_ message: String) -> TrainerError { TrainerError(.malformed, "'\(path)': \(message)") }
}
