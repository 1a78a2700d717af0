/// The shape of one image's activations in memory: rows of pixels, the channels of a pixel side by side.
struct Map: Equatable {
  var height: Int
  var width: Int
  var channels: Int
  /// Floats from one pixel to the next.
  var pixel: Int
  /// Pixels of zeros around the image.
  var border: Int

  /// Activations: the channels of a pixel are padded to a multiple of 8.
  init(_ height: Int, _ width: Int, _ channels: Int, border: Int = 0) {
    self.init(height, width, channels, pixel: padded(channels), border: border)
  }

  /// - Parameter pixel: `channels` for the images themselves, which have no padding.
  init(_ height: Int, _ width: Int, _ channels: Int, pixel: Int, border: Int) {
    self.height = height
    self.width = width
    self.channels = channels
    self.pixel = pixel
    self.border = border
  }

  /// Floats from one row to the next.
  var row: Int { (width + 2 * border) * pixel }
  /// Floats of one image.
  var size: Int { (height + 2 * border) * row }
  /// Pixels without the border.
  var pixels: Int { height * width }
  /// Floats of a row without the border.
  var line: Int { width * pixel }

  /// Where a pixel starts; the border has negative places.
  func offset(_ y: Int, _ x: Int) -> Int { (y + border) * row + (x + border) * pixel }

  /// Where the image inside the border starts.
  var inside: Int { offset(0, 0) }

  func with(border: Int) -> Map { Map(height, width, channels, pixel: pixel, border: border) }
}
