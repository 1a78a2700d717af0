internal import Tracking

/// What a line of a run log says (`docs/run-log.md`, version 1).
enum RunLogRecord: Equatable {
  /// A value of each of some metrics, all at one step; without a step each at the one after its largest.
  case points([(name: String, value: Double)], step: Int64?, time: Timestamp?)
  case parameters([Parameter])
  /// Tags to set, or to remove (nil).
  case tags([(name: String, value: String?)])
  /// A file or directory to keep; without a name it has the path's last.
  case artifact(path: String, name: String?)
  case version(Int64)

  static func == (left: RunLogRecord, right: RunLogRecord) -> Bool {
    switch (left, right) {
    case (.points(let a, let step, let time), .points(let b, let otherStep, let otherTime)):
      a.elementsEqual(b) { $0.name == $1.name && $0.value.bitPattern == $1.value.bitPattern } && step == otherStep
        && time == otherTime
    case (.parameters(let a), .parameters(let b)): a == b
    case (.tags(let a), .tags(let b)): a.elementsEqual(b, by: ==)
    case (.artifact(let path, let name), .artifact(let otherPath, let otherName)):
      path == otherPath && name == otherName
    case (.version(let a), .version(let b)): a == b
    default: false
    }
  }

  /// Why a line is no record.
  struct Problem: Error { var message: String }

  /// The version of the format that is read here.
  static let version: Int64 = 1

  /// Reads a line, without its end.
  ///
  /// - Throws: `Problem`.
  init(line: ArraySlice<UInt8>) throws {
    var members: [String: ArraySlice<UInt8>] = [:]
    for (name, value) in try RunLogMembers(line).all { members[name] = value }
    if let name = members["metric"] {
      let name = try RunLogRecord.name(name, "metric")
      guard let value = members["value"] else { throw Problem(message: "the metric '\(name)' has no \"value\"") }
      self = try .points([(name, RunLogRecord.number(value, name))], members)
    } else if let metrics = members["metrics"] {
      let values = try RunLogMembers(metrics).all.map { name, value in
        if name.isEmpty { throw Problem(message: "a metric has no name") }
        return (name, try RunLogRecord.number(value, name))
      }
      self = try .points(values, members)
    } else if let name = members["param"] {
      let name = try RunLogRecord.name(name, "param")
      guard let value = members["value"] else { throw Problem(message: "the parameter '\(name)' has no \"value\"") }
      self = .parameters([try RunLogRecord.parameter(name, value)])
    } else if let parameters = members["params"] {
      self = .parameters(try RunLogMembers(parameters).all.map { try RunLogRecord.parameter($0, $1) })
    } else if let name = members["tag"] {
      let name = try RunLogRecord.name(name, "tag")
      guard let value = members["value"] else { throw Problem(message: "the tag '\(name)' has no \"value\"") }
      self = .tags([(name, try RunLogRecord.text(value))])
    } else if let tags = members["tags"] {
      self = .tags(
        try RunLogMembers(tags).all.map { name, value in
          if name.isEmpty { throw Problem(message: "a tag has no name") }
          return (name, try RunLogRecord.text(value))
        })
    } else if let path = members["artifact"] {
      let name = try members["name"].map { try RunLogRecord.name($0, "name") }
      self = .artifact(path: try RunLogRecord.name(path, "artifact"), name: name)
    } else if let version = members["runs_log"] {
      self = .version(try RunLogRecord.whole(version, "runs_log"))
    } else {
      throw Problem(message: "it has none of metric, metrics, param, params, tag, tags, artifact")
    }
  }

  private static func points(
    _ values: [(String, Double)], _ members: [String: ArraySlice<UInt8>]
  ) throws -> RunLogRecord {
    var time: Timestamp?
    if let milliseconds = members["time_ms"] {
      time = Timestamp(milliseconds: try whole(milliseconds, "time_ms"))
    } else if let seconds = members["time"], !isNull(seconds) {
      let seconds = try number(seconds, "time")
      guard abs(seconds) < 1e15 else { throw Problem(message: "\"time\" is not in seconds since 1970") }
      time = Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }
    let step = try members["step"].flatMap { isNull($0) ? nil : try whole($0, "step") }
    return .points(values, step: step, time: time)
  }

  // MARK: - Values

  private static func isNull(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.elementsEqual("null".utf8) }

  private static func value(_ bytes: ArraySlice<UInt8>) throws -> Value {
    do {
      return try Value(json: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw Problem(message: "'\(String(decoding: bytes.prefix(40), as: UTF8.self))' is no JSON value")
    }
  }

  // A JSON number; NaN and the infinities bare, as Python writes them, or in quotes.
  private static func number(_ bytes: ArraySlice<UInt8>, _ what: String) throws -> Double {
    var text = String(decoding: bytes, as: UTF8.self)
    let isQuoted = bytes.first == UInt8(ascii: "\"")
    if isQuoted { text = String(text.dropFirst().dropLast()) }
    switch text.lowercased() {
    case "nan", "-nan": return .nan
    case "infinity", "+infinity", "inf", "+inf": return .infinity
    case "-infinity", "-inf": return -.infinity
    default: break
    }
    if text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text), number.isFinite {
      return number
    }
    throw Problem(
      message: "the value of '\(what)' is \(String(decoding: bytes.prefix(40), as: UTF8.self)), and no number")
  }

  // Some libraries count steps in real numbers: 3.0 is 3.
  private static func whole(_ bytes: ArraySlice<UInt8>, _ what: String) throws -> Int64 {
    let text = String(decoding: bytes, as: UTF8.self)
    if let whole = Int64(text) { return whole }
    guard let whole = Int64(exactly: try number(bytes, what)) else {
      throw Problem(message: "\"\(what)\" is \(text.prefix(40)), and no whole number")
    }
    return whole
  }

  private static func name(_ bytes: ArraySlice<UInt8>, _ what: String) throws -> String {
    guard case .text(let name) = try value(bytes), !name.isEmpty else {
      throw Problem(message: "\"\(what)\" is \(String(decoding: bytes.prefix(40), as: UTF8.self)), and no name")
    }
    return name
  }

  private static func parameter(_ name: String, _ bytes: ArraySlice<UInt8>) throws -> Parameter {
    if name.isEmpty { throw Problem(message: "a parameter has no name") }
    // A parameter's number is finite; what is not is kept as its word.
    if ["NaN", "Infinity", "-Infinity"].contains(where: { bytes.elementsEqual($0.utf8) }) {
      return Parameter(name, .text(String(decoding: bytes, as: UTF8.self)))
    }
    return Parameter(name, try value(bytes))
  }

  private static func text(_ bytes: ArraySlice<UInt8>) throws -> String? {
    let value = try value(bytes)
    return value == .null ? nil : value.plain
  }
}

/// Takes a JSON object apart into its members, each with the text of its value.
private struct RunLogMembers {
  private let bytes: ArraySlice<UInt8>
  private var at: Int
  private(set) var all: [(name: String, value: ArraySlice<UInt8>)] = []

  init(_ bytes: ArraySlice<UInt8>) throws {
    self.bytes = bytes
    at = bytes.startIndex
    skipSpace()
    guard take("{") else { throw RunLogRecord.Problem(message: "it is no JSON object") }
    skipSpace()
    if !take("}") {
      repeat {
        skipSpace()
        let name = try member()
        skipSpace()
        guard take(":") else { throw broken }
        skipSpace()
        all.append((name, try value()))
        skipSpace()
      } while take(",")
      guard take("}") else { throw broken }
    }
    skipSpace()
    guard at == bytes.endIndex else { throw broken }
  }

  private var broken: RunLogRecord.Problem {
    RunLogRecord.Problem(message: "it is no JSON object: it breaks off or is torn at byte \(at - bytes.startIndex)")
  }

  private mutating func skipSpace() {
    while at < bytes.endIndex, [0x20, 0x09, 0x0D, 0x0A].contains(bytes[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < bytes.endIndex, bytes[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func member() throws -> String {
    let start = at
    guard take("\"") else { throw broken }
    at = start
    let text = try value()
    if !text.contains(UInt8(ascii: "\\")), let name = String(validating: text.dropFirst().dropLast(), as: UTF8.self) {
      return name
    }
    guard case .text(let name)? = try? Value(json: String(decoding: text, as: UTF8.self)) else { throw broken }
    return name
  }

  // The text of a value: a string, what stands between brackets, or a word.
  private mutating func value() throws -> ArraySlice<UInt8> {
    let start = at
    var depth = 0
    while at < bytes.endIndex {
      switch bytes[at] {
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return try finished(start) }
        depth -= 1
        at += 1
      case UInt8(ascii: ","), 0x20, 0x09, 0x0D, 0x0A:
        if depth == 0 { return try finished(start) }
        at += 1
      default:
        at += 1
        continue
      }
      if depth == 0 { return try finished(start) }
    }
    throw broken
  }

  private func finished(_ start: Int) throws -> ArraySlice<UInt8> {
    guard at > start else { throw broken }
    return bytes[start..<at]
  }

  private mutating func skipString() throws {
    at += 1
    while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    guard at < bytes.endIndex else { throw broken }
    at += 1
  }
}
