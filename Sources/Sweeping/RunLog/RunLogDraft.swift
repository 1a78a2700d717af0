internal import Tracking

/// What some lines of a run log come to.
struct RunLogDraft {
  private struct Point {
    var step: Int64?
    var time: Timestamp
    var value: Double
  }

  let run: RunID
  /// The largest steps on record before the attempt, by metric.
  let before: [String: Int64]
  let now: Timestamp
  /// Changes with the lines that ask for them.
  private(set) var changes: [(line: Int, change: Change)] = []
  private(set) var artifacts: [(line: Int, path: String, name: String?)] = []
  /// The first line that is no record, and why.
  private(set) var problem: String?
  /// True once a line says that the rest is in a version that is not known here.
  private(set) var isUnreadable = false
  /// True when a point has no step of its own.
  private(set) var hasOpenSteps = false
  private var points: [String: [Point]] = [:]

  init(run: RunID, before: [String: Int64], now: Timestamp) {
    self.run = run
    self.before = before
    self.now = now
  }

  /// Takes a line.
  mutating func take(_ line: ArraySlice<UInt8>, number: Int) {
    guard line.contains(where: { ![0x20, 0x09, 0x0D, 0].contains($0) }) else { return }
    do {
      switch try RunLogRecord(line: line) {
      case .points(let values, let step, let time):
        for (name, value) in values {
          if let step, let last = before[name], step <= last { continue }
          if step == nil { hasOpenSteps = true }
          points[name, default: []].append(Point(step: step, time: time ?? now, value: value))
        }
      case .parameters(let parameters):
        changes += parameters.map { (number, .setParameter(run, $0)) }
      case .tags(let tags): changes += tags.map { (number, .setTag(run, name: $0.name, value: $0.value)) }
      case .artifact(let path, let name): artifacts.append((number, path, name))
      case .version(let version):
        guard version > RunLogRecord.version else { return }
        isUnreadable = true
        problem =
          problem ?? "line \(number): the log is written in version \(version) of the format, and version "
          + "\(RunLogRecord.version) is read here; what follows is not read"
      }
    } catch {
      let message = (error as? RunLogRecord.Problem)?.message ?? String(describing: error)
      problem = problem ?? "line \(number) is no record and is passed over: \(message)"
    }
  }

  /// Returns the points, each series in the order of its lines.
  ///
  /// - Parameter series: what is on record; a point without a step has the one after the largest before it.
  func columns(after series: [SeriesSummary]) -> [MetricColumns] {
    points.sorted { $0.key < $1.key }.map { name, points in
      var columns = MetricColumns(name: name)
      var largest = series.first { $0.name == name }?.largestStep ?? -1
      for point in points {
        let step = point.step ?? (largest == .max ? largest : largest + 1)
        largest = max(largest, step)
        columns.append(MetricPoint(step: step, time: point.time, value: point.value))
      }
      return columns
    }
  }
}
