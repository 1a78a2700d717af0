internal import Tracking

/// What was found when a model was checked.
public struct ModelVerification: Sendable {
  /// One thing that was looked at.
  public struct Check: Sendable, Equatable {
    /// What it was, such as `model.safetensors` or `self-test`.
    public var name: String
    /// Whether it is as it should be.
    public var isRight: Bool
    /// What was found, in a few words.
    public var finding: String
  }

  /// Everything that was looked at, in order: the files of the manifest, then the self-test.
  public var checks: [Check]

  /// Whether all of it is as it should be.
  public var isValid: Bool { !checks.isEmpty && checks.allSatisfy(\.isRight) }

  /// Checks an unpacked model: every file against `MANIFEST.sha256`, and the logits of the self-test bit for bit.
  ///
  /// - Parameter folder: the directory that holds `MANIFEST.sha256`.
  /// - Returns: what was found; a file that is missing or changed is a finding, not an error.
  public init(of folder: String) {
    checks = ModelVerification.files(in: folder)
    // Damaged files make a self-test that means nothing.
    guard isValid else { return }
    do {
      checks.append(try ModelVerification.selfTest(in: folder))
    } catch let error as TrainerError {
      checks.append(Check(name: "self-test", isRight: false, finding: error.message))
    } catch {
      checks.append(Check(name: "self-test", isRight: false, finding: String(describing: error)))
    }
  }

  private static func files(in folder: String) -> [Check] {
    guard let manifest = try? FileBytes.raw(folder + "/" + ModelFolder.manifestName) else {
      return [
        Check(
          name: ModelFolder.manifestName, isRight: false,
          finding: "it is not there; '\(folder)' is no unpacked model of image-classification")
      ]
    }
    var checks: [Check] = []
    for line in String(decoding: manifest, as: UTF8.self).split(separator: "\n") {
      let name = String(line.dropFirst(66))
      guard line.utf8.count > 66, let expected = Digest(hex: String(line.prefix(64))),
        !name.hasPrefix("/"), !name.split(separator: "/").contains("..")
      else {
        return [
          Check(name: ModelFolder.manifestName, isRight: false, finding: "the line '\(line)' is no digest and name")
        ]
      }
      guard let bytes = try? FileBytes.raw(folder + "/" + name) else {
        checks.append(Check(name: name, isRight: false, finding: "it is missing"))
        continue
      }
      let found = Digest(hashing: bytes)
      checks.append(
        Check(
          name: name, isRight: found == expected,
          finding: found == expected ? "\(bytes.count) bytes as recorded" : "its digest is \(found), not \(expected)"))
    }
    for required in [ModelFolder.weightsName, "model.json", "selftest.json"]
    where !checks.contains(where: { $0.name == required }) {
      checks.append(Check(name: required, isRight: false, finding: "the manifest does not list it"))
    }
    return checks
  }

  private static func selfTest(in folder: String) throws -> Check {
    func json(_ name: String) throws -> Value {
      do {
        return try Value(json: String(decoding: try FileBytes.raw(folder + "/" + name), as: UTF8.self))
      } catch let error as JSONError {
        throw TrainerError(.damaged, "\(name): \(error)")
      }
    }
    let model = try json("model.json")
    let file = try FileBytes.raw(folder + "/" + ModelFolder.weightsName)
    let (network, context, divisor) = try read(model, weights: file.count / 4)
    let weights = FloatBuffer(network.layout.size)
    try SafeTensors.load(file, name: ModelFolder.weightsName, into: weights, network.layout)
    let expected = try SelfTest(
      try json("selftest.json"), height: context.height, width: context.width, channels: context.channels,
      divisor: divisor, classes: context.classes)
    let found = SelfTest.logits(network, weights, expected.images, expected.places, classes: context.classes)
    for (image, rows) in zip(found, expected.logits).enumerated() {
      for (place, pair) in zip(rows.0, rows.1).enumerated() where pair.0.bitPattern != pair.1.bitPattern {
        return Check(
          name: "self-test", isRight: false,
          finding: "image \(image), class \(place): the logit is \(HexFloat.text(pair.0)), and "
            + "\(HexFloat.text(pair.1)) was recorded")
      }
    }
    return Check(
      name: "self-test", isRight: true,
      finding: "\(found.count) images x \(context.classes) logits, the same to the bit")
  }

  /// Makes the net that `model.json` tells of, unless it is larger than its weights' file, of `most` numbers, allows.
  private static func read(_ model: Value, weights most: Int) throws -> (any Network, NetworkContext, Float) {
    func damaged(_ message: String) -> TrainerError { TrainerError(.damaged, "model.json: \(message)") }
    guard model["format"]?.integer == Int64(Training.version), model["bits"]?.text == Training.bits else {
      throw damaged(
        "its format is \(model["format"]?.plain ?? "missing") with bits \(model["bits"]?.plain ?? "missing"), and this "
          + "program reads \(Training.version) with \(Training.bits); use the program that wrote it")
    }
    func wholes(_ name: String) -> [Int] { (model[name]?.list ?? []).compactMap { $0.integer.map { Int($0) } } }
    let shape = wholes("image_shape")
    guard shape.count == 3, shape.allSatisfy({ (1...4096).contains($0) }),
      let classes = model["num_classes"]?.integer, (2...10_000).contains(classes),
      let divisor = model["normalization"]?["divide_by"]?.number
    else { throw damaged("image_shape, num_classes or normalization is missing or makes no sense") }
    let widths = wholes("hidden") + wholes("channels")
    guard widths.count <= 16, widths.allSatisfy({ (1...8192).contains($0) }) else {
      throw damaged("a layer's width makes no sense")
    }
    let choice: NetworkChoice
    switch model["network"]?.text {
    case "mlp": choice = .perceptron(hidden: wholes("hidden"))
    case "cnn" where !wholes("channels").isEmpty: choice = .convolutional(channels: wholes("channels"))
    case "resnet" where [8, 14, 20].contains(model["num_layers"]?.integer):
      choice = .residual(layers: Int(model["num_layers"]?.integer ?? 8))
    default: throw damaged("its network '\(model["network"]?.plain ?? "")' is not known")
    }
    let context = NetworkContext(
      kernels: .best, workers: Workers(1), height: shape[1], width: shape[2], channels: shape[0],
      classes: Int(classes), batch: ModelFolder.testImages)
    if let problem = choice.problem(height: shape[1], width: shape[2]) { throw damaged(problem) }
    guard
      let least = choice.leastWeights(
        height: shape[1], width: shape[2], channels: shape[0], classes: context.classes), least <= most,
      choice.memory(height: shape[1], width: shape[2], channels: shape[0], images: context.batch)
        <= NetworkChoice.memoryLimit
    else { throw damaged("its layers are larger than \(ModelFolder.weightsName) or than memory") }
    return (choice.make(context), context, Float(divisor))
  }
}
