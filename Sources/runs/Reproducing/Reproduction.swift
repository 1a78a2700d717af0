internal import Sweeping
internal import Tracking

/// The comparison of a run with its repetition: every point of every metric, and the artifacts.
struct Reproduction {
  /// How near two values have to be to agree, beside being the same bits: |again - recorded| <= absolute + relative |recorded|.
  struct Tolerance: Equatable {
    var relative = 0.0
    var absolute = 0.0

    /// True when only the same bits agree.
    var isExact: Bool { relative == 0 && absolute == 0 }

    /// Returns whether two values are near enough; NaN is near NaN, an infinity its like.
    func allows(_ recorded: Double, _ again: Double) -> Bool {
      if recorded.isNaN || again.isNaN { return recorded.isNaN && again.isNaN }
      // Zero and minus zero are not the same bits.
      if recorded == again { return !isExact }
      guard recorded.isFinite, again.isFinite else { return false }
      return abs(again - recorded) <= absolute + relative * abs(recorded)
    }
  }

  /// What is compared.
  struct Rules: Equatable {
    /// Refuses names that no metric has.
    func check(against metrics: [String]) throws {
      for name in tolerances.keys.sorted() + ignored.filter({ !$0.hasSuffix("*") }) where !metrics.contains(name) {
        let near = nearestName(to: name, among: metrics).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandFailure(.usage, "the run logged no metric '\(name)'\(near)")
      }
    }

    /// For metrics that have none of their own.
    var tolerance = Tolerance()
    /// By metric.
    var tolerances: [String: Tolerance] = [:]
    /// Metrics that are passed over; a `*` at the end stands for any ending.
    var ignored: [String] = []
    var comparesMetrics = true
    var comparesArtifacts = true

    /// Returns whether a metric is compared. Those of the system tell of the machine and not of the training.
    func compares(_ metric: String) -> Bool {
      guard comparesMetrics, !Reproduction.systemPrefixes.contains(where: { metric.hasPrefix($0) }) else {
        return false
      }
      return !ignored.contains { $0.hasSuffix("*") ? metric.hasPrefix($0.dropLast()) : metric == $0 }
    }
  }

  /// How something came out.
  enum Verdict: String, Comparable {
    case identical
    case withinTolerance = "within tolerance"
    case different

    static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }
    private var rank: Int { self == .identical ? 0 : self == .withinTolerance ? 1 : 2 }
  }

  /// A point that is not the same.
  struct Difference: Equatable {
    /// The metric.
    var metric: String
    /// The step; of two points' steps the recorded one.
    var step: Int64
    /// The recorded value; nil when the record has no such point.
    var recorded: Double?
    /// The value of the repetition; nil when it has no such point.
    var again: Double?
  }

  /// One metric's comparison.
  struct Metric: Equatable {
    var name: String
    var points = 0
    /// The same bits at the same step.
    var equalPoints = 0
    var verdict = Verdict.identical
    /// The first point that decides the verdict; nil where all are the same.
    var first: Difference?
    /// The largest distance of two values; nil where all are the same, or where points are missing.
    var largestDeviation: Double?
  }

  /// One artifact's comparison.
  struct StoredFiles: Equatable {
    var name: String
    var recorded: Digest?
    var again: Digest?
    /// True when the digests or, packed by another version of the compressor, the files are the same.
    var isEqual: Bool
    /// The members that are not the same, sorted.
    var differing: [String] = []
  }

  /// Metrics that tell of the machine and not of the training.
  static let systemPrefixes = ["system:", "system/"]
  /// The artifact that `runs reproduce` names by its digest.
  static let modelName = "model"

  /// The metrics, by name.
  private(set) var metrics: [Metric] = []
  /// The artifacts, by name.
  var artifacts: [StoredFiles] = []
  /// How the ends of the two differ, in a sentence; nil where they do not.
  var otherEnd: String?
  let rules: Rules

  /// Makes a comparison of nothing.
  init(rules: Rules = Rules()) { self.rules = rules }

  /// How many points were compared.
  var points: Int { metrics.reduce(0) { $0 + $1.points } }
  /// How many of them are the same, bit for bit.
  var equalPoints: Int { metrics.reduce(0) { $0 + $1.equalPoints } }
  /// How many series were compared.
  var series: Int { metrics.count }
  /// The point with the smallest step that decides the verdict; of equal steps the first metric by name.
  var first: Difference? {
    let worst = metrics.map(\.verdict).max() ?? .identical
    return metrics.filter { $0.verdict == worst }.compactMap(\.first).min {
      ($0.step, $0.metric) < ($1.step, $1.metric)
    }
  }
  /// The model; nil where neither run has one.
  var model: StoredFiles? { artifacts.first { $0.name == Reproduction.modelName } }

  /// Compares two series of one metric.
  ///
  /// - Parameter isComplete: false for a run that ended before its time: only what it logged is compared.
  mutating func compare(_ recorded: MetricColumns, _ again: MetricColumns, isComplete: Bool) {
    var metric = Metric(name: recorded.name)
    let tolerance = rules.tolerances[recorded.name] ?? rules.tolerance
    let count = isComplete ? max(recorded.count, again.count) : recorded.count
    metric.points = count
    for index in 0..<count {
      let left = index < recorded.count ? recorded[index] : nil
      let right = index < again.count ? again[index] : nil
      if let left, let right, left.step == right.step, left.value.bitPattern == right.value.bitPattern {
        metric.equalPoints += 1
        continue
      }
      let isSameStep = left == nil || right == nil || left?.step == right?.step
      let found = Difference(
        metric: recorded.name, step: left?.step ?? right?.step ?? 0, recorded: left?.value,
        again: isSameStep ? right?.value : nil)
      var verdict = Verdict.different
      if let old = found.recorded, let new = found.again {
        metric.largestDeviation = max(metric.largestDeviation ?? 0, abs(new - old))
        if tolerance.allows(old, new) { verdict = .withinTolerance }
      }
      if verdict > metric.verdict { (metric.verdict, metric.first) = (verdict, found) }
    }
    metrics.append(metric)
    metrics.sort { $0.name < $1.name }
  }

  /// How all of it came out.
  var verdict: Verdict {
    let compared = metrics.map(\.verdict) + artifacts.map { $0.isEqual ? .identical : .different }
    return isEmpty || otherEnd != nil ? .different : compared.max() ?? .identical
  }

  /// True when there was nothing to compare.
  var isEmpty: Bool { points == 0 && artifacts.isEmpty }

  /// True when nothing differs and there was something to compare.
  var isIdentical: Bool { verdict == .identical }
}

extension Reproduction {
  /// Compares a run with its repetition.
  ///
  /// - Parameters:
  ///   - isComplete: false for a run that ended before its time; then only what it logged is compared, and no artifact.
  ///   - passedOver: artifacts that are no outcome.
  init(
    of original: RunID, with again: RunID, isComplete: Bool, rules: Rules = Rules(),
    passingOver passedOver: Set<String> = [],
    in reader: any TrackingReader, artifacts store: any ArtifactStore
  ) throws {
    self.init(rules: rules)
    func names(_ run: RunID) throws -> [String] {
      try reader.series(of: run).map(\.name).filter { rules.compares($0) }
    }
    let recorded = try names(original)
    let all = isComplete ? Set(recorded).union(try names(again)) : Set(recorded)
    for name in all.sorted() {
      compare(
        try reader.points(of: original, metric: name), try reader.points(of: again, metric: name),
        isComplete: isComplete)
    }
    guard isComplete, rules.comparesArtifacts else { return }
    func kept(_ run: RunID) throws -> [String: Digest] {
      let kept = try reader.artifacts(of: run).filter { !passedOver.contains($0.name) }
      return Dictionary(kept.map { ($0.name, $0.digest) }, uniquingKeysWith: { $1 })
    }
    let (old, new) = (try kept(original), try kept(again))
    artifacts = try Set(old.keys).union(new.keys).sorted().map { name in
      try Reproduction.compared(name, old[name], new[name], in: store)
    }
  }

  private static func compared(
    _ name: String, _ recorded: Digest?, _ again: Digest?, in store: any ArtifactStore
  ) throws -> StoredFiles {
    var found = StoredFiles(name: name, recorded: recorded, again: again, isEqual: recorded == again)
    guard !found.isEqual, let recorded, let again, store.contains(recorded), store.contains(again) else { return found }
    found.isEqual = try store.contentDigest(of: recorded) == store.contentDigest(of: again)
    if !found.isEqual { found.differing = try store.differingMembers(of: recorded, and: again) }
    return found
  }
}

extension ArtifactStore {
  /// Returns the paths that two tarballs do not share, or that hold other bytes, sorted.
  func differingMembers(of first: Digest, and second: Digest) throws -> [String] {
    func files(_ digest: Digest) throws -> [String: ArtifactMember] {
      Dictionary(
        try members(of: digest).filter { $0.kind != .directory }.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    }
    let (old, new) = (try files(first), try files(second))
    return try Set(old.keys).union(new.keys).sorted().filter { path in
      guard let left = old[path], let right = new[path], left == right else { return true }
      guard left.kind == .file else { return false }
      return try hash(of: path, in: first) != hash(of: path, in: second)
    }
  }

  private func hash(of member: String, in digest: Digest) throws -> Digest {
    var hasher = Digest.Hasher()
    try read(member, in: digest) { hasher.update($0) }
    return hasher.finalize()
  }
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
