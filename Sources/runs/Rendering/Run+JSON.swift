internal import Tracking

extension Run {
  /// The run's own fields as `--json` prints them (docs/cli.md, "A run").
  var json: [String: Value] {
    [
      "id": .text(id.text), "kind": .text(kind.rawValue), "experiment": .text(experiment),
      "state": .text(state.rawValue), "reason": .text(reason), "note": .text(note),
      "name": name.map { .text($0) } ?? .null, "parent": parent.map { .text($0.text) } ?? .null,
      "number": number.map { .integer(Int64($0)) } ?? .null, "origin": origin,
      "created": .text(created.iso), "created_ms": .integer(created.milliseconds),
      "started": started.json, "started_ms": started.rawJSON, "ended": ended.json, "ended_ms": ended.rawJSON,
      "duration_ms": started.flatMap { start in ended.map { .integer(start.milliseconds(to: $0)) } } ?? .null,
      "counted_attempt": .integer(Int64(countedAttempt)),
    ]
  }
}

extension RunRow {
  /// The run with its parameters, tags and metrics.
  var json: [String: Value] {
    var members = run.json
    members["parameters"] = .object(parameters.byName)
    members["tags"] = .object(tags.mapValues { .text($0) })
    members["metrics"] = .object(
      Dictionary(metrics.map { ($0.name, $0.json) }, uniquingKeysWith: { $1 }))
    return members
  }
}

extension Optional where Wrapped == Timestamp {
  /// The moment as ISO 8601, or null.
  var json: Value { map { .text($0.iso) } ?? .null }

  /// The moment in milliseconds since 1970 UTC, or null.
  var rawJSON: Value { map { .integer($0.milliseconds) } ?? .null }
}

extension MetricPoint {
  /// A point as an object.
  var json: Value {
    [
      "step": .integer(step), "time": .text(time.iso), "time_ms": .integer(time.milliseconds), "value": .real(value),
    ]
  }
}

extension SeriesSummary {
  /// What is known of a series.
  var json: Value {
    [
      "count": .integer(Int64(count)), "last": .real(last.value), "last_step": .integer(last.step),
      "largest_step": .integer(largestStep), "min": minimum.map { .real($0.value) } ?? .null,
      "min_step": minimum.map { .integer($0.step) } ?? .null, "max": maximum.map { .real($0.value) } ?? .null,
      "max_step": maximum.map { .integer($0.step) } ?? .null,
    ]
  }
}

extension Artifact {
  /// What is known of an artifact.
  var json: Value {
    [
      "name": .text(name), "digest": .text(digest.hex), "bytes": .integer(bytes),
      "content_bytes": .integer(contentBytes), "files": .integer(Int64(files)), "time": .text(time.iso),
      "time_ms": .integer(time.milliseconds),
    ]
  }
}

extension Attempt {
  /// What is known of an attempt.
  var json: Value {
    [
      "number": .integer(Int64(number)), "launcher": .text(launcher), "continues": .boolean(continues),
      "started": .text(started.iso), "started_ms": .integer(started.milliseconds), "ended": ended.json,
      "ended_ms": ended.rawJSON, "outcome": outcome.map { .text($0.text) } ?? .null, "detail": .text(detail),
    ]
  }
}

extension Transition {
  /// A step from state to state.
  var json: Value {
    [
      "from": from.map { .text($0.rawValue) } ?? .null, "to": .text(to.rawValue), "reason": .text(reason),
      "time": .text(time.iso), "time_ms": .integer(time.milliseconds), "event": .integer(event),
    ]
  }
}
