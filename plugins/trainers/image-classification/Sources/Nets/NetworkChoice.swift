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

  /// Bytes of activations that a batch keeps per image, roughly.
  func bytes(height: Int, width: Int) -> Int {
    switch self {
    case .perceptron(let hidden): 4 * (height * width * 4 + 2 * hidden.reduce(0, +)) + 1
    case .convolutional: 1
    case .residual(let layers): 4 * height * width * 16 * (4 * (layers - 2) / 6 + 4)
    }
  }

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
