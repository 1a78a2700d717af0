internal import Tracking

extension Reproduction {
  /// The verdict in a sentence or two.
  var sentence: String {
    if isEmpty { return "not identical: the record has no point and no artifact to compare" }
    let counts = "\(grouped(points)) point\(points == 1 ? "" : "s") in \(series) series"
    if verdict == .identical {
      let parts = [series > 0 || artifacts.isEmpty ? counts : nil, artifactText].compactMap { $0 }
      return "identical: " + parts.joined(separator: ", ")
    }
    var parts: [String] = []
    if let first {
      parts.append("\(first.metric) at step \(first.step) \(Reproduction.describe(first))")
      parts.append("\(grouped(equalPoints)) of \(counts) are equal")
    } else if series > 0 {
      parts.append("all \(counts) are equal")
    }
    if let otherEnd { parts.append(otherEnd) }
    for one in artifacts where !one.isEqual {
      let what = one.name == Reproduction.modelName ? "the model" : "the artifact \(one.name)"
      parts.append("\(what) was \(one.recorded?.hex ?? "not kept") and is \(one.again?.hex ?? "not there")")
    }
    return (verdict == .withinTolerance ? "within tolerance: " : "not identical: ") + parts.joined(separator: "; ")
  }

  private var artifactText: String? {
    if let digest = model?.recorded { return "model \(digest.hex)" }
    guard !artifacts.isEmpty else { return nil }
    return artifacts.count == 1 ? "artifact \(artifacts[0].name)" : "\(artifacts.count) artifacts"
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

  /// A row for each metric and artifact: what it is, how it came out, how much of it is the same, where it first differs.
  var table: Table {
    var table = Table(columns: [
      Table.Column(title: "WHAT", isFlexible: true), Table.Column(title: "VERDICT"),
      Table.Column(title: "EQUAL", isRight: true),
      Table.Column(title: "FIRST STEP", isRight: true), Table.Column(title: "RECORDED", isRight: true),
      Table.Column(title: "AGAIN", isRight: true), Table.Column(title: "LARGEST", isRight: true, isOptional: true),
    ])
    for metric in metrics {
      table.rows.append([
        Table.Cell(metric.name), Table.Cell(metric.verdict.rawValue, metric.verdict.style),
        Table.Cell("\(grouped(metric.equalPoints))/\(grouped(metric.points))"),
        Table.Cell(metric.first.map { String($0.step) } ?? "-"),
        Table.Cell(metric.first.map { $0.recorded.map { "\($0)" } ?? "none" } ?? "-"),
        Table.Cell(metric.first.map { $0.again.map { "\($0)" } ?? "none" } ?? "-"),
        Table.Cell(metric.largestDeviation?.short(3) ?? "-"),
      ])
    }
    for one in artifacts {
      let verdict: Verdict = one.isEqual ? .identical : .different
      table.rows.append([
        Table.Cell("artifact \(one.name)"), Table.Cell(verdict.rawValue, verdict.style), "-", "-",
        Table.Cell(one.recorded.map { String($0.hex.prefix(12)) } ?? "none"),
        Table.Cell(one.again.map { String($0.hex.prefix(12)) } ?? "none"), "-",
      ])
    }
    return table
  }

  /// The comparison as members of an object.
  var members: [String: Value] {
    [
      "identical": .boolean(isIdentical), "verdict": .text(verdict.rawValue), "points": .integer(Int64(points)),
      "equal_points": .integer(Int64(equalPoints)), "series": .integer(Int64(series)),
      "model_recorded": model?.recorded.map { .text($0.hex) } ?? .null,
      "model_again": model?.again.map { .text($0.hex) } ?? .null, "first_difference": first?.value ?? .null,
      "metrics": .list(metrics.map(\.value)), "artifacts": .list(artifacts.map(\.value)),
    ]
  }
}

extension Reproduction.Verdict {
  /// How it looks on a terminal.
  var style: Style { self == .identical ? .green : self == .withinTolerance ? .yellow : .red }
}

extension Reproduction.Difference {
  fileprivate var value: Value {
    [
      "metric": .text(metric), "step": .integer(step), "recorded": recorded.map { .real($0) } ?? .null,
      "again": again.map { .real($0) } ?? .null,
    ]
  }
}

extension Reproduction.Metric {
  fileprivate var value: Value {
    [
      "name": .text(name), "verdict": .text(verdict.rawValue), "points": .integer(Int64(points)),
      "equal_points": .integer(Int64(equalPoints)), "first_difference": first?.value ?? .null,
      "largest_deviation": largestDeviation.map { .real($0) } ?? .null,
    ]
  }
}

extension Reproduction.StoredFiles {
  fileprivate var value: Value {
    [
      "name": .text(name), "equal": .boolean(isEqual), "recorded": recorded.map { .text($0.hex) } ?? .null,
      "again": again.map { .text($0.hex) } ?? .null, "differing": .list(differing.map { .text($0) }),
    ]
  }
}
