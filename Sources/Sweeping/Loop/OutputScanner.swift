internal import Tracking

/// Finds metrics in the output of a command, line by line, every match in order.
struct OutputScanner {
  private struct Pattern {
    var name: String
    var regex: Regex<AnyRegexOutput>
  }

  private let patterns: [Pattern]
  private var found: [String: Int] = [:]
  private var pending: [UInt8] = []

  /// - Throws: `.invalid` for a regular expression that cannot be read.
  init(_ patterns: [SweepSpec.MetricPattern]) throws {
    self.patterns = try patterns.map { pattern in
      do {
        return Pattern(name: pattern.name, regex: try Regex(pattern.regex))
      } catch {
        throw TrackingError(.invalid, "the regex '\(pattern.regex)' cannot be read: \(error)")
      }
    }
  }

  var isIdle: Bool { patterns.isEmpty }

  /// Returns what is wrong with a regular expression; nil when all is well.
  static func problem(with regex: String) -> String? {
    do {
      _ = try Regex(regex)
    } catch {
      return "cannot be read: \(error)"
    }
    return captures(regex) == 0 ? "has no group; put the number's part into ( )" : nil
  }

  // Groups that capture: `(` that is not escaped, not in a class, and not followed by `?` unless it names the group.
  private static func captures(_ regex: String) -> Int {
    let characters = Array(regex)
    var count = 0
    var (at, inClass) = (0, false)
    while at < characters.count {
      switch characters[at] {
      case "\\": at += 1
      case "[": inClass = true
      case "]": inClass = false
      case "(" where !inClass:
        let rest = String(characters[(at + 1)...].prefix(3))
        let isNamed = rest.hasPrefix("?P<") || rest.hasPrefix("?<") && !["?<=", "?<!"].contains(rest)
        if !rest.hasPrefix("?") || isNamed { count += 1 }
      default: break
      }
      at += 1
    }
    return count
  }

  /// Takes more output and returns the points that its finished lines hold, by series.
  ///
  /// - Parameters:
  ///   - isLast: true takes an unfinished last line for finished.
  ///   - skip: how many matches of a series are on record already; as many are passed over.
  mutating func points(
    in bytes: [UInt8], isLast: Bool, time: Timestamp, skipping skip: [String: Int]
  ) -> [MetricColumns] {
    guard !patterns.isEmpty else { return [] }
    pending += bytes
    var end = pending.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    if isLast { end = pending.count }
    guard end > 0 else { return [] }
    let text = String(decoding: pending[..<end], as: UTF8.self)
    pending.removeFirst(end)
    var columns: [String: MetricColumns] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      for pattern in patterns {
        for match in line.matches(of: pattern.regex) {
          guard let value = OutputScanner.value(of: match.output) else { continue }
          let index = found[pattern.name, default: 0]
          found[pattern.name] = index + 1
          guard index >= skip[pattern.name] ?? 0 else { continue }
          columns[pattern.name, default: MetricColumns(name: pattern.name)].append(
            MetricPoint(step: OutputScanner.step(of: match.output) ?? Int64(index), time: time, value: value))
        }
      }
    }
    return columns.values.sorted { $0.name < $1.name }
  }

  // The group named `value`, or the first one that is not named `step`.
  private static func value(of output: AnyRegexOutput) -> Double? {
    let elements = output.dropFirst()
    let chosen = elements.first { $0.name == "value" } ?? elements.first { $0.name != "step" && $0.substring != nil }
    return (chosen?.substring).flatMap { number($0) }
  }

  private static func step(of output: AnyRegexOutput) -> Int64? {
    (output.first { $0.name == "step" }?.substring).flatMap { Int64($0) }
  }

  private static func number(_ text: Substring) -> Double? {
    let bare = String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace || $0 == "," }.reversed())
    return Double(bare)
  }
}
