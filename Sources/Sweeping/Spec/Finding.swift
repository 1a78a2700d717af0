public import Tracking

/// Something that a check of a spec file found, and where.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: String, Sendable {
    /// It stands in the way.
    case error
    /// Worth knowing; nothing is stopped.
    case warning
  }

  /// The line, from 1.
  public var line: Int
  /// The column in characters, from 1.
  public var column: Int
  /// How bad it is.
  public var severity: Severity
  /// What was found and what to do, in a sentence.
  public var message: String

  /// Makes a finding.
  public init(line: Int, column: Int, severity: Severity, message: String) {
    self.line = line
    self.column = column
    self.severity = severity
    self.message = message
  }

  /// The finding as compilers write theirs, without the file's name: `3:5: error: ...`.
  public var description: String { "\(line):\(column): \(severity.rawValue): \(message)" }
}

/// What a check of a spec file gave.
public struct CheckedSpec: Sendable {
  /// The complete spec; nil when there is an error.
  public var spec: SweepSpec?
  /// What was found, by line and column.
  public var findings: [Finding]
  /// The earlier sweeps that it begins with, which only a store knows; nil for none.
  public var warmStart: WarmStart?

  /// Makes the result of a check.
  public init(spec: SweepSpec?, findings: [Finding], warmStart: WarmStart? = nil) {
    self.spec = spec
    self.findings = findings
    self.warmStart = warmStart
  }

  /// True when nothing stands in the way.
  public var isSound: Bool { spec != nil }
}

extension Finding: Error {}
