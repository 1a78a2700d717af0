internal import Tracking

/// The comparison of a run with its repetition: every point of every metric, and the model.
struct Reproduction: Equatable {
  /// A point that is not the same.
  struct Difference: Equatable {
    /// The metric.
    var metric: String
    /// The step; of the two points' steps the recorded one.
    var step: Int64
    /// The recorded value; nil when the record has no such point.
    var recorded: Double?
    /// The value of the repetition; nil when it has no such point.
    var again: Double?
  }

  /// How many points were compared.
  var points = 0
  /// How many of them are the same, bit for bit.
  var equalPoints = 0
  /// How many series were compared.
  var series = 0
  /// The point with the smallest step that is not the same; of equal steps the first metric by name.
  var first: Difference?
  /// The digests of the model; nil where there is none, or where none can be compared.
  var models: (recorded: Digest?, again: Digest?)?
  /// True when the two models' files are the same although their digests differ: another version of the compressor packed
  /// one of them.
  var modelsHoldTheSame = false

  /// Metrics that tell of the machine and not of the training; they are not compared.
  static let systemPrefix = "system:"
  /// The artifact whose digest is compared.
  static let modelName = "model"

  /// Compares a run with its repetition.
  ///
  /// - Parameter isComplete: false for a run that ended before its time; then only what it logged is compared, and no
  ///   model.
  init(
    of original: RunID, with again: RunID, isComplete: Bool, in reader: any TrackingReader,
    artifacts: any ArtifactStore
  ) throws {
    func names(_ run: RunID) throws -> [String] {
      try reader.series(of: run).map(\.name).filter { !$0.hasPrefix(Reproduction.systemPrefix) }
    }
    let recorded = try names(original)
    let all = isComplete ? Set(recorded).union(try names(again)) : Set(recorded)
    for name in all.sorted() {
      compare(
        try reader.points(of: original, metric: name), try reader.points(of: again, metric: name),
        isComplete: isComplete)
    }
    guard isComplete else { return }
    func model(_ run: RunID) throws -> Digest? {
      try reader.artifacts(of: run).first { $0.name == Reproduction.modelName }?.digest
    }
    models = (try model(original), try model(again))
    if let recorded = models?.recorded, let repeated = models?.again, recorded != repeated,
      artifacts.contains(recorded), artifacts.contains(repeated)
    {
      modelsHoldTheSame = try artifacts.contentDigest(of: recorded) == artifacts.contentDigest(of: repeated)
    }
  }

  /// Makes a comparison of nothing.
  init() {}

  /// Compares two series of one metric.
  mutating func compare(_ recorded: MetricColumns, _ again: MetricColumns, isComplete: Bool) {
    series += 1
    let count = isComplete ? max(recorded.count, again.count) : recorded.count
    points += count
    for index in 0..<count {
      let left = index < recorded.count ? recorded[index] : nil
      let right = index < again.count ? again[index] : nil
      if let left, let right, left.step == right.step, left.value.bitPattern == right.value.bitPattern {
        equalPoints += 1
        continue
      }
      let difference = Difference(
        metric: recorded.name, step: left?.step ?? right?.step ?? 0, recorded: left?.value,
        again: left == nil || left?.step == right?.step ? right?.value : nil)
      if let first, (first.step, first.metric) <= (difference.step, difference.metric) { continue }
      first = difference
    }
  }

  /// True when nothing differs and there was something to compare.
  var isIdentical: Bool { points > 0 && first == nil && modelsAreEqual }

  private var modelsAreEqual: Bool { models?.recorded == models?.again || modelsHoldTheSame }

  /// The verdict in a sentence or two.
  var verdict: String {
    if points == 0 { return "not identical: the record has no point to compare" }
    let counts = "\(grouped(points)) point\(points == 1 ? "" : "s") in \(series) series"
    if isIdentical {
      let model = models?.recorded.map { ", model \($0.hex)" } ?? ""
      return "identical: \(counts)\(model)"
    }
    var parts: [String] = []
    if let first {
      parts.append("\(first.metric) at step \(first.step) \(Reproduction.describe(first))")
      parts.append("\(grouped(equalPoints)) of \(counts) are equal")
    } else {
      parts.append("all \(counts) are equal")
    }
    if let models, !modelsAreEqual {
      parts.append(
        "the model was \(models.recorded?.hex ?? "not kept") and is \(models.again?.hex ?? "not there")")
    }
    return "not identical: " + parts.joined(separator: "; ")
  }

  private static func describe(_ difference: Difference) -> String {
    switch (difference.recorded, difference.again) {
    case (let recorded?, let again?):
      "was \(recorded) and is \(again) (differs by \((again - recorded).short(3)))"
    case (let recorded?, nil): "was \(recorded) and is not there"
    case (nil, let again?): "was not there and is \(again)"
    case (nil, nil): "differs"
    }
  }

  /// The comparison as an object.
  var json: Value {
    var members: [String: Value] = [
      "identical": .boolean(isIdentical), "points": .integer(Int64(points)),
      "equal_points": .integer(Int64(equalPoints)), "series": .integer(Int64(series)),
      "model_recorded": models?.recorded.map { .text($0.hex) } ?? .null,
      "model_again": models?.again.map { .text($0.hex) } ?? .null, "first_difference": .null,
    ]
    if let first {
      members["first_difference"] = [
        "metric": .text(first.metric), "step": .integer(first.step),
        "recorded": first.recorded.map { .real($0) } ?? .null, "again": first.again.map { .real($0) } ?? .null,
      ]
    }
    return .object(members)
  }

  /// Compares by what was found.
  static func == (left: Reproduction, right: Reproduction) -> Bool { left.json == right.json }
}

/// Returns a count with its thousands set apart: `12,345`.
func grouped(_ count: Int) -> String {
  var text = ""
  for (place, digit) in String(count).reversed().enumerated() {
    if place > 0, place % 3 == 0, digit != "-" { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}
