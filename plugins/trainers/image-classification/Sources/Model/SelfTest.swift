internal import Tracking

/// Some validation images with what the model says of them, to the bit.
struct SelfTest {
  /// Their places in the validation file, or in the training file that was split.
  var places: [Int32]
  var images: ImageSet
  /// `[images][classes]`.
  var logits: [[Float]]

  var predictions: [Int] {
    logits.map { row in row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
  }

  /// Judges the first validation images with the best weights.
  init(_ training: Training) {
    let part = training.learners[0].split.validation
    places = Array(part.places.prefix(ModelFolder.testImages))
    images = part.images
    logits = SelfTest.logits(
      training.learners[0].network, training.learners[0].best, images, places, classes: training.classes)
  }

  /// What a net says of images.
  static func logits(
    _ network: any Network, _ weights: FloatBuffer, _ images: ImageSet, _ places: [Int32], classes: Int
  ) -> [[Float]] {
    let row = padded(classes)
    let values = FloatBuffer(places.count * row)
    places.withUnsafeBufferPointer {
      network.judge(images, $0, weights: weights, outcomes: Outcomes(places.count), logits: values)
    }
    return places.indices.map { image in (0..<classes).map { values.start[image * row + $0] } }
  }

  /// The content of `selftest.json`: numbers as C99 writes them in base 16.
  var record: Value {
    let entries = places.indices.map { index -> Value in
      let place = Int(places[index])
      let range = place * images.size..<(place + 1) * images.size
      let pixels: [Value]
      switch images.pixels {
      case .bytes(let values): pixels = values[range].map { .integer(Int64($0)) }
      case .floats(let values): pixels = values[range].map { .text(HexFloat.text($0)) }
      }
      return .object([
        "index": .integer(Int64(place)), "label": .integer(Int64(images.labels[place])),
        "prediction": .integer(Int64(predictions[index])), "pixels": .list(pixels),
        "logits": .list(logits[index].map { .text(HexFloat.text($0)) }),
      ])
    }
    return .object(["order": "height, width, channel", "images": .list(entries)])
  }

  /// Reads the record back.
  ///
  /// - Throws: `TrainerError(.damaged)`.
  init(_ record: Value, height: Int, width: Int, channels: Int, divisor: Float, classes: Int) throws {
    func damaged(_ message: String) -> TrainerError { TrainerError(.damaged, "selftest.json: \(message)") }
    guard let entries = record["images"]?.list, !entries.isEmpty else { throw damaged("it has no images") }
    var bytes: [UInt8] = []
    var floats: [Float] = []
    var labels: [Int32] = []
    logits = []
    for entry in entries {
      let pixels = entry["pixels"]?.list ?? []
      guard pixels.count == height * width * channels else { throw damaged("an image has another size") }
      for pixel in pixels {
        if let value = pixel.integer, (0...255).contains(value) {
          bytes.append(UInt8(value))
        } else if let value = pixel.text.flatMap(HexFloat.value) {
          floats.append(value)
        }
      }
      let row = (entry["logits"]?.list ?? []).compactMap { $0.text.flatMap(HexFloat.value) }
      guard row.count == classes, let label = entry["label"]?.integer, (0..<Int64(classes)).contains(label) else {
        throw damaged("an image has not \(classes) logits and a label among them")
      }
      logits.append(row)
      labels.append(Int32(label))
    }
    guard bytes.isEmpty != floats.isEmpty, max(bytes.count, floats.count) == entries.count * height * width * channels
    else { throw damaged("its pixels are neither bytes nor numbers") }
    places = (0..<Int32(entries.count)).map { $0 }
    images = ImageSet(
      height: height, width: width, channels: channels, pixels: floats.isEmpty ? .bytes(bytes) : .floats(floats),
      labels: labels, divisor: divisor)
  }
}
