internal import Sweeping
internal import Tracking

/// Something of a run that a table shows: a field as filters name it, or what can only be shown.
enum RunColumn: Equatable {
  /// What filters name: `metrics.loss`, `params.lr`, `tags.team`, `state`.
  case field(RunField, title: String)
  /// The smallest value of a metric: `min(metrics.loss)`.
  case minimum(String)
  /// The largest value of a metric: `max(metrics.loss)`.
  case maximum(String)
  /// How many points a metric has: `count(metrics.loss)`.
  case count(String)
  /// How long the run was under way.
  case duration
  /// How long ago it was recorded.
  case age
  /// Why it is in its state.
  case reason
  /// The note.
  case note
  /// A sweep's best value so far.
  case best

  /// Reads a column's name.
  ///
  /// - Throws: `.usage` naming the nearest one.
  init(_ text: String) throws {
    switch text {
    case "duration": self = .duration
    case "age": self = .age
    case "reason": self = .reason
    case "note": self = .note
    case "best": self = .best
    default:
      for (name, make) in [
        ("min", RunColumn.minimum), ("max", RunColumn.maximum), ("count", RunColumn.count),
      ] where text.hasPrefix(name + "(") && text.hasSuffix(")") {
        guard case .metric(let metric) = try FilterParser.field(of: String(text.dropFirst(name.count + 1).dropLast()))
        else { throw CommandFailure(.usage, "\(name)() takes a metric, as in \(name)(metrics.loss), not '\(text)'") }
        self = make(metric)
        return
      }
      guard let field = try? FilterParser.field(of: text) else { throw RunColumn.unknown(text) }
      // A run may have several datasets.
      if case .dataset = field { throw RunColumn.unknown(text) }
      self = .field(field, title: text)
    }
  }

  private static func unknown(_ text: String) -> CommandFailure {
    let own = ["duration", "age", "reason", "note", "best"] + RunField.Attribute.allCases.map(\.rawValue)
    let hint = nearestName(to: text, among: own).map { "; did you mean '\($0)'?" } ?? "."
    return CommandFailure(
      .usage,
      "there is no column '\(text)'\(hint) Columns are \(own.joined(separator: ", ")), metrics.NAME, params.NAME, "
        + "tags.NAME, min(metrics.NAME), max(metrics.NAME), count(metrics.NAME).")
  }

  /// What stands above it.
  var title: String {
    switch self {
    case .field(.metric(let name), _), .field(.parameter(let name), _): name
    case .field(.tag(let name), _): name
    case .field(.dataset(let property), _): property.rawValue
    case .field(.attribute(let attribute), _): attribute.rawValue.uppercased()
    case .minimum(let name): "min(\(name))"
    case .maximum(let name): "max(\(name))"
    case .count(let name): "count(\(name))"
    case .duration: "DURATION"
    case .age: "AGE"
    case .reason: "REASON"
    case .note: "NOTE"
    case .best: "BEST"
    }
  }

  /// Its name in JSON and CSV: as it was asked for.
  var name: String {
    switch self {
    case .field(_, let title): title
    case .minimum(let name): "min(metrics.\(name))"
    case .maximum(let name): "max(metrics.\(name))"
    case .count(let name): "count(metrics.\(name))"
    case .duration: "duration_ms"
    default: title.lowercased()
    }
  }

  /// The column of a table for people.
  var column: Table.Column {
    switch self {
    case .field(.attribute(.id), _), .field(.attribute(.state), _): Table.Column(title: title)
    case .field(.attribute(let attribute), _):
      Table.Column(
        title: title, isRight: attribute == .number, isFlexible: attribute == .name || attribute == .experiment,
        isOptional: true)
    case .field(.metric, _), .minimum, .maximum, .count, .duration:
      Table.Column(title: title, isRight: true, isOptional: true)
    case .field, .reason, .note: Table.Column(title: title, isFlexible: true, isOptional: true)
    case .best: Table.Column(title: title, isRight: true, isOptional: true)
    case .age: Table.Column(title: title, isOptional: true)
    }
  }
}

extension RunColumn {
  /// The typed value of a run; null where it has none.
  func value(of row: RunRow, best: MetricPoint? = nil) -> Value {
    let run = row.run
    func summary(_ name: String) -> SeriesSummary? { row.metrics.first { $0.name == name } }
    switch self {
    case .field(.metric(let name), _): return summary(name).map { .real($0.last.value) } ?? .null
    case .field(.parameter(let name), _): return row.parameters.first { $0.name == name }?.value ?? .null
    case .field(.tag(let name), _): return row.tags[name].map { .text($0) } ?? .null
    case .field(.dataset, _): return .null
    case .field(.attribute(let attribute), _):
      return (attribute == .state ? .text(run.state.rawValue) : run.json[attribute.rawValue]) ?? .null
    case .minimum(let name): return summary(name)?.minimum.map { .real($0.value) } ?? .null
    case .maximum(let name): return summary(name)?.maximum.map { .real($0.value) } ?? .null
    case .count(let name): return summary(name).map { .integer(Int64($0.count)) } ?? .null
    case .duration: return run.json["duration_ms"] ?? .null
    case .age: return .text(run.created.iso)
    case .reason: return .text(run.reason)
    case .note: return .text(run.note)
    case .best: return best.map { .real($0.value) } ?? .null
    }
  }

  /// What a table for people shows of a run.
  func cell(of row: RunRow, best: MetricPoint? = nil, now: Timestamp) -> Table.Cell {
    switch self {
    case .field(.attribute(.state), _): return Table.Cell(row.run.state.rawValue, row.run.state.style)
    case .field(.attribute(.kind), _): return Table.Cell(row.run.kind == .hyperdrive ? "sweep" : row.run.kind.rawValue)
    case .field(.attribute(.created), _): return Table.Cell(row.run.created.local)
    case .field(.attribute(.started), _): return Table.Cell(row.run.started?.local ?? "")
    case .field(.attribute(.ended), _): return Table.Cell(row.run.ended?.local ?? "")
    case .age: return Table.Cell(row.run.created.age(at: now), .dim)
    case .duration: return Table.Cell(row.run.milliseconds(at: now).map(duration(milliseconds:)) ?? "")
    default:
      let value = value(of: row, best: best)
      return Table.Cell(value == .null ? "" : value.short)
    }
  }
}

extension Value {
  /// The value as a field of CSV: nothing for null, numbers in full, texts bare.
  var csv: String {
    switch self {
    case .null: ""
    case .real(let number): number.csv
    default: plain
    }
  }
}
