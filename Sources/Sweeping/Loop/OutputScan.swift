internal import Glibc
internal import Tracking

/// A metric's pattern, ready to be looked for in the output of any number of jobs.
struct OutputPattern {
  let name: String
  let regex: Regex<AnyRegexOutput>
  /// A piece of text that every match contains; empty when none is known. Most lines are passed over by it.
  let literal: [UInt8]

  /// - Throws: `.invalid` for a text that is no regular expression.
  init(_ pattern: SweepSpec.MetricPattern) throws {
    name = pattern.name
    literal = RegexText(pattern.regex).requiredLiteral
    do {
      regex = try Regex(pattern.regex)
    } catch {
      throw TrackingError(.invalid, "the pattern of metric '\(pattern.name)' is no regular expression: \(error)")
    }
  }
}

/// Finds metrics in a job's standard output, line by line, as SageMaker's metric definitions do.
///
/// Every match of a line counts, in order. The value is the group named `value`, or the first group; a point's step is the
/// group named `step`, or the match's place in its series. So a scan that starts over after a crash finds the same points
/// again, and knows by their number which have been appended already. Where an attempt goes on from a checkpoint, a match
/// whose step is on record from before it counts no more.
struct OutputScan {
  /// What a series held when an attempt began that goes on.
  struct Before: Equatable {
    var count: Int
    var largestStep: Int64
  }

  /// A line longer than this is cut here: a program that never ends its line must not fill the memory.
  private static let longestLine = 1 << 20

  private let path: String
  private let patterns: [OutputPattern]
  private var offset: off_t = 0
  private var rest: [UInt8] = []
  // How many matches of each metric were seen, and how many points its series held when the scan began.
  private var seen: [String: Int] = [:]
  private let appended: [String: Int]
  private let before: [String: Before]
  /// The metrics that are not looked for.
  private(set) var passedOver: Set<String> = []
  // What the last look found, to be handed out by the next.
  private var held: [MetricColumns] = []

  /// Starts a scan.
  ///
  /// - Parameters:
  ///   - appended: how many points the series of the counted attempt hold, by metric.
  ///   - before: what they held when the job began, of an attempt that goes on.
  init(path: String, patterns: [OutputPattern], appended: [String: Int], before: [String: Before] = [:]) {
    self.path = path
    self.patterns = patterns
    self.appended = appended
    self.before = before
    seen = before.mapValues(\.count)
  }

  /// How many points a metric's series has if nobody else logs it, once all that was handed out is recorded.
  func count(of metric: String) -> Int {
    seen[metric, default: 0] - held.reduce(0) { $0 + ($1.name == metric ? $1.count : 0) }
  }

  /// Looks for some metrics no more.
  mutating func passOver(_ metrics: some Sequence<String>) {
    passedOver.formUnion(metrics)
    held.removeAll { passedOver.contains($0.name) }
  }

  /// Looks for what was written, and returns what the look before found.
  ///
  /// A script that says a value and then logs it, too, has logged it when its point is handed out: the point need not be
  /// recorded.
  ///
  /// - Parameter isEnd: true returns everything, since nothing follows.
  mutating func next(isEnd: Bool, now: Timestamp) -> [MetricColumns] {
    var found = held
    held = read(isEnd: isEnd, now: now)
    guard isEnd else { return found }
    for columns in held {
      if let place = found.firstIndex(where: { $0.name == columns.name }) {
        for index in 0..<columns.count { found[place].append(columns[index]) }
      } else {
        found.append(columns)
      }
    }
    held = []
    return found
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
    // The first piece is small, since most outputs are.
    var piece = [UInt8](repeating: 0, count: 1 << 12)
    while true {
      let count = pread(file, &piece, piece.count, offset)
      guard count > 0 else { break }
      offset += off_t(count)
      take(piece[..<count], now, &found)
      if count == piece.count, count < 1 << 16 { piece = [UInt8](repeating: 0, count: 1 << 16) }
    }
    if isEnd, !rest.isEmpty {
      take(line: rest[...], now, &found)
      rest = []
    }
    return found.values.sorted { $0.name < $1.name }
  }

  // A carriage return ends a line, too: progress bars write nothing else.
  private mutating func take(_ bytes: ArraySlice<UInt8>, _ now: Timestamp, _ found: inout [String: MetricColumns]) {
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      if rest.isEmpty {
        take(line: bytes[start..<end], now, &found)
      } else {
        rest += bytes[start..<end]
        take(line: rest[...], now, &found)
        rest.removeAll(keepingCapacity: true)
      }
      start = end + 1
    }
    rest += bytes[start...]
    if rest.count > OutputScan.longestLine {
      take(line: rest[...], now, &found)
      rest = []
    }
  }

  private mutating func take(line: ArraySlice<UInt8>, _ now: Timestamp, _ found: inout [String: MetricColumns]) {
    var decoded: String?
    for pattern in patterns where OutputScan.contains(line, pattern.literal) {
      if passedOver.contains(pattern.name) { continue }
      let text = decoded ?? String(decoding: line, as: UTF8.self)
      decoded = text
      // MLflow's client tells where a run's page is.
      if text.hasPrefix("🏃 View run ") || text.hasPrefix("🧪 View experiment at: ") { return }
      for match in text.matches(of: pattern.regex) {
        guard let value = OutputScan.value(of: match.output) else { continue }
        let named = OutputScan.named("step", in: match.output).flatMap { Int64($0) }
        if let named, let before = before[pattern.name], named <= before.largestStep { continue }
        let place = seen[pattern.name, default: 0]
        seen[pattern.name] = place + 1
        guard place >= appended[pattern.name, default: 0] else { continue }
        let step = named ?? Int64(place)
        found[pattern.name, default: MetricColumns(name: pattern.name)].append(
          MetricPoint(step: step, time: now, value: value))
      }
    }
  }

  private static func contains(_ line: ArraySlice<UInt8>, _ literal: [UInt8]) -> Bool {
    guard let first = literal.first else { return true }
    guard line.count >= literal.count else { return false }
    for start in line.startIndex...(line.endIndex - literal.count)
    where line[start] == first && line[start..<start + literal.count].elementsEqual(literal) { return true }
    return false
  }

  private static func named(_ name: String, in output: AnyRegexOutput) -> Substring? {
    output.first { $0.name == name }?.substring
  }

  private static func value(of output: AnyRegexOutput) -> Double? {
    let group =
      named("value", in: output) ?? output.dropFirst().first { $0.name != "step" && $0.substring != nil }?.substring
    return group.flatMap { Double($0.filter { !$0.isWhitespace }) }
  }
}
