internal import Tracking

/// Images of a set, by place.
struct ImagePart {
  var images: ImageSet
  var places: [Int32]
  var count: Int { places.count }
}

/// What one net learns from and is judged by.
struct DataSplit {
  var train: ImagePart
  var validation: ImagePart
}

/// Which files to read, and how to part them.
struct DataRequest: Equatable {
  var train: String
  var trainLabels: String?
  var validation: String?
  var validationLabels: String?
  var format: ImageFormat?
  var labelFirst = false
  var shape: ImageShape?
  var validationFraction = 0.25
  var splitSeed: UInt64 = 0
  /// 1 for one split, otherwise the number of folds.
  var folds = 1
}

/// The images of a training, parted, with what is told of them in the record.
struct TrainingData {
  /// One, or one a fold.
  let splits: [DataSplit]
  let classes: Int
  let height: Int
  let width: Int
  let channels: Int
  let divisor: Float
  let format: ImageFormat
  /// The files that were read: their role, name, digest and number of images.
  let files: [(role: String, name: String, digest: Digest, images: Int?)]
  private let request: DataRequest

  /// Reads the files of a request.
  ///
  /// - Throws: `TrainerError` naming the file and what is wrong with it.
  init(reading request: DataRequest) throws {
    self.request = request
    var files: [(role: String, name: String, digest: Digest, images: Int?)] = []
    let (format, train) = try TrainingData.read(
      "train", request.train, labels: request.trainLabels, request: request, files: &files)
    self.format = format
    guard [train.height, train.width, train.channels].allSatisfy({ (1...4096).contains($0) }) else {
      throw TrainerError(
        .unsuitable,
        "the images of '\(request.train)' are \(train.height)x\(train.width) with \(train.channels) channels; "
          + "each is 1 to 4,096")
    }
    var validation: RawImages?
    if let path = request.validation {
      (_, validation) = try TrainingData.read(
        "validation", path, labels: request.validationLabels, request: request, files: &files)
    }
    self.files = files
    (height, width, channels) = (train.height, train.width, train.channels)
    if let validation, (validation.height, validation.width, validation.channels) != (height, width, channels) {
      throw TrainerError(
        .unsuitable,
        "the images of '\(request.train)' are \(channels),\(height),\(width) (channels, height, width), and "
          + "those of '\(request.validation ?? "")' \(validation.channels),\(validation.height),\(validation.width)")
    }
    if let shape = request.shape, shape != ImageShape(channels: channels, height: height, width: width) {
      throw TrainerError(
        .unsuitable,
        "image_shape is '\(shape)', and the images of '\(request.train)' are \(channels),\(height),\(width); "
          + "images are neither cropped nor resized, so leave image_shape out or give theirs")
    }
    let labels = train.labels + (validation?.labels ?? [])
    classes = Int(labels.max() ?? 0) + 1
    guard classes >= 2, classes <= 10_000 else {
      throw TrainerError(
        .unsuitable, "'\(request.train)' has classes up to \(classes - 1); a class is 0 to 9,999, and two are needed")
    }
    let largest = max(train.largest, validation?.largest ?? 0)
    divisor = TrainingData.divisor(train.pixels, largest: largest)
    let images = TrainingData.set(train, divisor: divisor)
    if let validation {
      splits = [
        DataSplit(
          train: ImagePart(images: images, places: (0..<Int32(images.count)).map { $0 }),
          validation: ImagePart(
            images: TrainingData.set(validation, divisor: divisor),
            places: (0..<Int32(validation.labels.count)).map { $0 }))
      ]
    } else {
      splits = try TrainingData.parted(images, request)
    }
    for split in splits where split.train.count < 1 || split.validation.count < 1 {
      throw TrainerError(
        .unsuitable,
        "'\(request.train)' has \(images.count) images, which leaves \(split.train.count) to train and "
          + "\(split.validation.count) to validate; change validation_fraction, folds or the file")
    }
  }

  /// What bytes are divided by: the smallest of 1, 16 and 255 that no pixel exceeds. Reals are taken as they are.
  private static func divisor(_ pixels: ImageSet.Pixels, largest: Float) -> Float {
    if case .floats = pixels { return 1 }
    return [1, 16].first { largest <= $0 } ?? 255
  }

  private static func set(_ raw: RawImages, divisor: Float) -> ImageSet {
    ImageSet(
      height: raw.height, width: raw.width, channels: raw.channels, pixels: raw.pixels, labels: raw.labels,
      divisor: divisor)
  }

  private static func read(
    _ role: String, _ path: String, labels: String?, request: DataRequest,
    files: inout [(role: String, name: String, digest: Digest, images: Int?)]
  ) throws -> (ImageFormat, RawImages) {
    let file = try FileBytes(reading: path)
    guard let format = request.format ?? ImageFormat(name: file.plainName) else {
      throw TrainerError(
        .unsuitable,
        "the name '\(file.name)' does not tell its format; set data_format to one of "
          + ImageFormat.allCases.map(\.rawValue).joined(separator: ", "))
    }
    var labelFile: FileBytes?
    if format == .idx || format == .npy {
      let guess = path.contains("images-idx3") ? path.replacingLast("images-idx3", with: "labels-idx1") : nil
      guard let labelPath = labels ?? guess else {
        throw TrainerError(
          .unsuitable, "'\(file.name)' holds images only; name the file of their classes with \(role)_labels")
      }
      labelFile = try FileBytes(reading: labelPath)
    } else if let labels {
      throw TrainerError(
        .unsuitable,
        "\(role)_labels is '\(labels)', and \(format.rawValue) files hold the classes themselves; leave it out")
    }
    let raw: RawImages
    switch (format, labelFile) {
    case (.csv, _): raw = try CSVFormat.images(file, labelFirst: request.labelFirst, shape: request.shape)
    case (.cifar10, _): raw = try CIFARFormat.images(file)
    case (.idx, let labels?): raw = try IDXFormat.images(file, labels: labels)
    case (.npy, let labels?): raw = try NPYFormat.images(file, labels: labels)
    case (_, nil): preconditionFailure("a format without its labels")
    }
    files.append((role, file.name, file.digest, raw.labels.count))
    if let labelFile { files.append((role + "_labels", labelFile.name, labelFile.digest, nil)) }
    return (format, raw)
  }

  /// Parts images by a permutation of the split seed: its beginning validates, or fold k of equal stretches does.
  private static func parted(_ images: ImageSet, _ request: DataRequest) throws -> [DataSplit] {
    var order = (0..<Int32(images.count)).map { $0 }
    var draws = Draws(seed: request.splitSeed, purpose: .split)
    draws.shuffle(&order)
    let stretches: [Range<Int>]
    if request.folds > 1 {
      guard request.folds <= images.count else {
        throw TrainerError(.unsuitable, "folds is \(request.folds), and there are only \(images.count) images")
      }
      stretches = (0..<request.folds).map {
        ($0 * images.count / request.folds)..<(($0 + 1) * images.count / request.folds)
      }
    } else {
      stretches = [0..<Int((request.validationFraction * Double(images.count)).rounded())]
    }
    return stretches.map { stretch in
      let validation = order[stretch].sorted()
      let train = (order[..<stretch.lowerBound] + order[stretch.upperBound...]).sorted()
      return DataSplit(
        train: ImagePart(images: images, places: train), validation: ImagePart(images: images, places: validation))
    }
  }

  /// The digest of all that was read: of the files' digests, one a line.
  var digest: Digest { Digest(hashing: files.map { $0.role + " " + $0.digest.hex + "\n" }.joined()) }

  /// The content of `data.json`.
  var record: Value {
    var split: [String: Value] = ["train_images": .integer(Int64(splits[0].train.count))]
    split["validation_images"] = .integer(Int64(splits[0].validation.count))
    if request.validation != nil {
      split["rule"] = "a file of its own"
    } else {
      split["rule"] = request.folds > 1 ? "stretches of a permutation, one a fold" : "the beginning of a permutation"
      split["split_seed"] = .text(String(request.splitSeed))
      split[request.folds > 1 ? "folds" : "validation_fraction"] =
        request.folds > 1 ? .integer(Int64(request.folds)) : .real(request.validationFraction)
    }
    return .object([
      "files": .list(
        files.map { file in
          var entry: [String: Value] = [
            "role": .text(file.role), "name": .text(file.name), "sha256": .text(file.digest.hex),
          ]
          if let images = file.images { entry["images"] = .integer(Int64(images)) }
          return .object(entry)
        }),
      "format": .text(format.rawValue), "split": .object(split),
    ])
  }
}

extension String {
  /// Replaces the last place where a text stands.
  fileprivate func replacingLast(_ text: String, with other: String) -> String {
    guard let range = ranges(of: text).last else { return self }
    return replacingCharacters(in: range, with: other)
  }

  private func replacingCharacters(in range: Range<Index>, with other: String) -> String {
    String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
