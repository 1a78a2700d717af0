internal import Glibc
internal import Tracking

/// Finds metrics in a job's standard output, line by line, as SageMaker's metric definitions do.
///
/// Every match of a line counts, in order; the value is the first capture group. A point's step is its place in its series,
/// so that a scan that starts over after a crash knows what has been appended already.
struct OutputScan {
  private let path: String
  private let patterns: [(name: String, regex: Regex<AnyRegexOutput>)]
  private var offset: off_t = 0
  private var rest: [UInt8] = []
  // How many matches of each metric were seen, and how many points its series held when the scan began.
  private var seen: [String: Int] = [:]
  private let appended: [String: Int]

  /// Starts a scan.
  ///
  /// - Parameter appended: how many points the series of the counted attempt hold, by metric.
  init(path: String, patterns: [SweepSpec.MetricPattern], appended: [String: Int]) throws {
    self.path = path
    self.appended = appended
    self.patterns = try patterns.map { pattern in
      do {
        return (pattern.name, try Regex(pattern.regex))
      } catch {
        throw TrackingError(.invalid, "the pattern of metric '\(pattern.name)' is no regular expression: \(error)")
      }
    }
  }

  /// Reads what was written since the last call.
  ///
  /// - Parameter isEnd: true reads a last line without its end, too.
  /// - Returns: the new points, a series at most once.
  mutating func read(isEnd: Bool, now: Timestamp) -> [MetricColumns] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var found: [String: MetricColumns] = [:]
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = pread(file, &piece, piece.count, offset)
      guard count > 0 else { break }
      offset += off_t(count)
      rest += piece[..<count]
      takeLines(now, &found)
    }
    if isEnd, !rest.isEmpty {
      take(rest[...], now, &found)
      rest = []
    }
    return found.values.sorted { $0.name < $1.name }
  }

  private mutating func takeLines(_ now: Timestamp, _ found: inout [String: MetricColumns]) {
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      take(rest[start..<end], now, &found)
      start = end + 1
    }
    rest.removeSubrange(..<start)
  }

  private mutating func take(_ line: ArraySlice<UInt8>, _ now: Timestamp, _ found: inout [String: MetricColumns]) {
    let text = String(decoding: line, as: UTF8.self)
    for pattern in patterns {
      for match in text.matches(of: pattern.regex) {
        let group = match.output.count > 1 ? match.output[1].substring : match.output[0].substring
        guard let group, let value = Double(group.filter { !$0.isWhitespace }) else { continue }
        let place = seen[pattern.name, default: 0]
        seen[pattern.name] = place + 1
        guard place >= appended[pattern.name, default: 0] else { continue }
        found[pattern.name, default: MetricColumns(name: pattern.name)].append(
          MetricPoint(step: Int64(place), time: now, value: value))
      }
    }
  }
}
