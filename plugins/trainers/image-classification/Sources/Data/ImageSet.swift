internal import CImageKernels

/// Images with their classes, all of one shape, in the order of their file.
final class ImageSet {
  /// Pixels as they were read.
  enum Pixels {
    case bytes([UInt8])
    case floats([Float])
  }

  let height: Int
  let width: Int
  let channels: Int
  /// `[image][row][column][channel]`.
  let pixels: Pixels
  /// The class of each image, from 0.
  let labels: [Int32]
  /// What a pixel is divided by before a net sees it.
  let divisor: Float

  init(height: Int, width: Int, channels: Int, pixels: Pixels, labels: [Int32], divisor: Float) {
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.labels = labels
    self.divisor = divisor
  }

  var count: Int { labels.count }
  /// Numbers of one image.
  var size: Int { height * width * channels }

  /// Writes an image, divided, as `rows` stretches of equal length.
  func place(
    _ image: Int, _ kernels: Kernels, into out: UnsafeMutablePointer<Float>, rows: Int, rowStride: Int
  ) {
    let start = image * size
    switch pixels {
    case .bytes(let values):
      values.withUnsafeBufferPointer {
        guard let base = $0.baseAddress else { return }
        kernels.call.place_bytes(
          base + start, divisor, Int32(rows), Int32(size / rows), out, Int32(rowStride))
      }
    case .floats(let values):
      values.withUnsafeBufferPointer {
        guard let base = $0.baseAddress else { return }
        kernels.call.place_floats(
          base + start, divisor, Int32(rows), Int32(size / rows), out, Int32(rowStride))
      }
    }
  }

  /// Writes the classes of images.
  func labels(_ images: UnsafeBufferPointer<Int32>, into out: UnsafeMutablePointer<Int32>) {
    for (index, image) in images.enumerated() { out[index] = labels[Int(image)] }
  }
}
