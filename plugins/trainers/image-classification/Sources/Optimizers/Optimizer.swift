internal import CImageKernels

/// MXNet's optimizers with SageMaker's rule of which hyperparameter each of them reads.
///
/// Formulas: apache/mxnet v1.2.0, `src/operator/optimizer_op-inl.h`; nag as from v1.6. Float32, element by element;
/// what is the same for all elements is worked out in float64 and rounded once.
enum Optimizer: Equatable {
  case sgd(momentum: Double, weightDecay: Double)
  case nag(momentum: Double, weightDecay: Double)
  case adam(beta1: Double, beta2: Double, epsilon: Double)
  case rmsprop(gamma: Double, epsilon: Double)

  var name: String {
    switch self {
    case .sgd: "sgd"
    case .nag: "nag"
    case .adam: "adam"
    case .rmsprop: "rmsprop"
    }
  }

  /// How many numbers it remembers per weight.
  var remembers: Int {
    switch self {
    case .sgd(let momentum, _): momentum == 0 ? 0 : 1
    case .nag, .rmsprop: 1
    case .adam: 2
    }
  }

  var beta1: Double { if case .adam(let beta1, _, _) = self { beta1 } else { 1 } }
  var beta2: Double { if case .adam(_, let beta2, _) = self { beta2 } else { 1 } }

  /// Changes the weights by the gradient: decay on weights and scales of normalisation, none on biases and shifts.
  func update(_ learner: Learner, rate: Double, rescale: Float) {
    var step = ImageStep(
      rescale: rescale, rate: Float(rate), weight_decay: 0, momentum: 0, second: 0, epsilon: 0)
    let kind: Int
    var decay: Float = 0
    switch self {
    case .sgd(let momentum, let weightDecay):
      kind = IMAGE_SGD
      step.momentum = Float(momentum)
      decay = Float(weightDecay)
    case .nag(let momentum, let weightDecay):
      kind = IMAGE_NAG
      step.momentum = Float(momentum)
      decay = Float(weightDecay)
    case .adam(let beta1, let beta2, let epsilon):
      kind = IMAGE_ADAM
      step.momentum = Float(beta1)
      step.second = Float(beta2)
      step.epsilon = Float(epsilon)
      step.rate = Float(rate * (1 - learner.betaPowers.1).squareRoot() / (1 - learner.betaPowers.0))
    case .rmsprop(let gamma, let epsilon):
      kind = IMAGE_RMSPROP
      step.momentum = Float(gamma)
      step.epsilon = Float(epsilon)
    }
    for tensor in learner.network.layout.tensors where tensor.learned {
      step.weight_decay = tensor.decays ? decay : 0
      let at = tensor.offset
      learner.kernels.call.step(
        Int32(kind), &step, Int32(tensor.size), learner.gradient + at, learner.weights + at,
        remembers >= 1 ? learner.first + at : nil, remembers >= 2 ? learner.second + at : nil)
    }
  }
}
