internal import Tracking

/// Which net is trained.
enum NetworkChoice: Equatable {
  /// Dense layers of these widths.
  case perceptron(hidden: [Int])
  /// Blocks with these numbers of channels.
  case convolutional(channels: [Int])
  /// 8, 14 or 20 layers.
  case residual(layers: Int)

  /// The name that the hyperparameter `network` takes.
  var name: String {
    switch self {
    case .perceptron: "mlp"
    case .convolutional: "cnn"
    case .residual: "resnet"
    }
  }

  /// Makes the net.
  func make(_ context: NetworkContext) -> any Network {
    switch self {
    case .perceptron(let hidden): Perceptron(context, hidden: hidden)
    case .convolutional(let channels): ConvolutionalNet(context, channels: channels)
    case .residual(let layers): ResidualNet(context, layers: layers)
    }
  }

  /// Why the net cannot see images of this size, in a sentence; nil when it can.
  func problem(height: Int, width: Int) -> String? {
    let side = min(height, width)
    switch self {
    case .perceptron: return nil
    case .convolutional, .residual:
      return side >= 4
        ? nil : "network is '\(name)', which needs images of at least 4x4, and these are \(height)x\(width); use mlp"
    }
  }

  /// How many weights its largest layers have, at least, without making it; nil where no memory could hold them.
  func leastWeights(height: Int, width: Int, channels: Int, classes: Int) -> Int? {
    switch self {
    case .perceptron(let hidden):
      let widths = [height, width, channels] + hidden.prefix(1) + (hidden.isEmpty ? [classes] : [])
      let later = zip(hidden, hidden.dropFirst() + [classes]).compactMap { sizeProduct([$0, $1]) }
      guard let first = sizeProduct(widths) else { return nil }
      return later.reduce(first, +)
    case .convolutional(let counts):
      return zip([channels] + counts, counts).compactMap { sizeProduct([9, $0, $1]) }.reduce(0, +)
    case .residual: return 0
    }
  }

  /// Bytes of activations for a number of images, roughly. The images are of at most 4096x4096 with 4096 channels.
  func memory(height: Int, width: Int, channels: Int, images: Int) -> Double {
    let pixels = Double(height) * Double(width)
    let floats =
      switch self {
      case .perceptron(let hidden): (pixels * Double(channels) + Double(hidden.reduce(0, +)) * 2) * Double(images)
      // However large the batch, a few images are at work at once.
      case .convolutional(let counts):
        pixels * Double(channels + 3 * counts.reduce(0, +)) * Double(ConvolutionalNet.chunk)
      case .residual(let layers): pixels * Double(16 * (4 * (layers - 2) / 6 + 4) + channels) * Double(images)
      }
    return floats * 4
  }

  /// The most memory that activations may take.
  static let memoryLimit = 8.0 * 1024 * 1024 * 1024

  /// Floating-point operations of a training step per image, roughly: whether threads are worth waking.
  func work(_ context: NetworkContext) -> Int {
    let pixels = context.height * context.width
    switch self {
    case .perceptron(let hidden):
      let widths = [pixels * context.channels] + hidden + [context.classes]
      return 6 * zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    case .convolutional(let channels):
      return 54 * pixels * zip([context.channels] + channels, channels).reduce(0) { $0 + $1.0 * $1.1 } / 2
    case .residual(let layers): return layers * pixels * 16 * 16 * 54
    }
  }
}
