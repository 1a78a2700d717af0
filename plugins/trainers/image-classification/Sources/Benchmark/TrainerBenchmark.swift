internal import Tracking

/// Measures training steps (forward, backward, update), for `scripts/bench trainer`.
public enum TrainerBenchmark {
  /// The nets that are measured, under the names that `scripts/bench-parts/trainer_torch.py` uses too.
  public static let nets = ["mlp8", "cnn8", "mlp28", "cnn28", "resnet8", "resnet20"]

  /// What one net did.
  public struct Measurement: Sendable {
    /// The net's name, of `nets`.
    public var net: String
    /// Images per update.
    public var batch: Int
    /// Threads that were allowed.
    public var threads: Int
    /// The instruction set.
    public var kernels: String
    /// Images learned from per second of processor time.
    public var imagesPerCPUSecond: Double
    /// Images learned from per second of the clock.
    public var imagesPerSecond: Double
    /// SHA-256 of the weights after the first 20 updates: the same on every machine.
    public var weights: String

    /// The measurement as one line of JSON.
    public var json: String {
      Value.object([
        "net": .text(net), "batch": .integer(Int64(batch)), "threads": .integer(Int64(threads)),
        "kernels": .text(kernels), "images_per_cpu_second": .real(imagesPerCPUSecond.rounded()),
        "images_per_second": .real(imagesPerSecond.rounded()), "weights_sha256": .text(weights),
      ]).json
    }
  }

  /// Trains a net for a while and measures it.
  ///
  /// - Parameters:
  ///   - net: one of `nets`.
  ///   - batch: images per update.
  ///   - threads: at least 1.
  ///   - seconds: of processor time, after 20 updates to warm up.
  ///   - level: 0 for SSE2, 1 for AVX2, 2 for AVX-512; nil for the best.
  ///   - mnist: a directory with MNIST's training files; images of noise of their shape where it has none.
  /// - Throws: a sentence for an unknown net or unreadable files.
  public static func run(
    net: String, batch: Int = 128, threads: Int = 1, seconds: Double = 2, level: Int32? = nil, mnist: String? = nil
  ) throws -> Measurement {
    let choice: NetworkChoice
    switch net {
    case "mlp8": choice = .perceptron(hidden: [64])
    case "mlp28": choice = .perceptron(hidden: [128])
    case "cnn8", "cnn28": choice = .convolutional(channels: [16, 32])
    case "resnet8": choice = .residual(layers: 8)
    case "resnet20": choice = .residual(layers: 20)
    default:
      throw TrainerError(.refused, "'\(net)' is no net of the benchmark; it is one of \(nets.joined(separator: ", "))")
    }
    let images = try images(side: net.hasSuffix("28") || net.hasPrefix("resnet") ? 28 : 8, mnist: mnist)
    let part = ImagePart(images: images, places: (0..<Int32(images.count)).map { $0 })
    let kernels = level.map { Kernels(level: $0) } ?? .best
    let context = NetworkContext(
      kernels: kernels, workers: Workers(threads), height: images.height, width: images.width, channels: 1,
      classes: 10, batch: batch)
    let learner = Learner(
      network: choice.make(context), optimizer: .sgd(momentum: 0.9, weightDecay: 0.0001),
      split: DataSplit(train: part, validation: part), kernels: kernels, seed: 0, batch: batch, topRank: 1)
    learner.begin(epoch: 1, fresh: true)
    var at = 0
    func step() {
      if at + batch > images.count { at = 0 }
      _ = learner.step(at..<at + batch, rate: 0.02, wantsNorm: false)
      at += batch
    }
    for _ in 0..<20 { step() }
    let digest = learner.network.layout.packed(learner.weights).withUnsafeBytes { Digest(hashing: $0) }
    let (start, clock) = (Files.cpuSeconds(), Files.seconds())
    var steps = 0
    while Files.cpuSeconds() - start < seconds {
      step()
      steps += 1
    }
    let count = Double(steps * batch)
    return Measurement(
      net: net, batch: batch, threads: threads, kernels: kernels.name,
      imagesPerCPUSecond: count / (Files.cpuSeconds() - start), imagesPerSecond: count / (Files.seconds() - clock),
      weights: digest.hex)
  }

  /// The first 6,000 images of MNIST, or as many of noise.
  private static func images(side: Int, mnist: String?) throws -> ImageSet {
    let count = 6000
    if side == 28, let mnist, Files.exists(mnist + "/train-images-idx3-ubyte.gz") {
      let raw = try IDXFormat.images(
        try FileBytes(reading: mnist + "/train-images-idx3-ubyte.gz"),
        labels: try FileBytes(reading: mnist + "/train-labels-idx1-ubyte.gz"))
      if case .bytes(let pixels) = raw.pixels {
        return ImageSet(
          height: raw.height, width: raw.width, channels: 1,
          pixels: .bytes(Array(pixels.prefix(count * raw.height * raw.width))), labels: Array(raw.labels.prefix(count)),
          divisor: 255)
      }
    }
    var draws = Draws(seed: 1, purpose: .split)
    let pixels = (0..<count * side * side).map { _ in UInt8(draws.word() >> 24) }
    return ImageSet(
      height: side, width: side, channels: 1, pixels: .bytes(pixels),
      labels: (0..<count).map { _ in Int32(draws.below(10)) }, divisor: 255)
  }
}
