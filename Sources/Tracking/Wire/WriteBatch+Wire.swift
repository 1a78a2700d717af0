extension WriteBatch.Points: WireRecord {
  package var wire: Value { .record(["run": run, "series": columns, "skips_known": skipsKnown ? true : nil]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "points")
    self.init(try fields.get("run"), try fields.get("series"), skipsKnown: try fields.get("skips_known", or: false))
  }
}

extension WriteBatch: WireRecord {
  package var wire: Value { .record(["changes": changes, "points": points]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a batch")
    self.init(try fields.get("changes", or: []), points: try fields.get("points", or: []))
  }
}

extension TrackingError: WireRecord {
  package var wire: Value { .record(["code": code, "message": message]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a refusal")
    self.init(try fields.get("code"), try fields.get("message"))
  }
}

/// What became of one of several batches: `{"event": 7}` or `{"refused": {"code": …, "message": …}}`.
package struct WireResult: WireRecord {
  /// The number of the last change so far, or why it was refused.
  package let result: Result<EventNumber, TrackingError>

  /// Tells what became of a batch.
  package init(_ result: Result<EventNumber, TrackingError>) { self.result = result }

  package var wire: Value {
    switch result {
    case .success(let event): .record(["event": event])
    case .failure(let error): .record(["refused": error])
    }
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a result")
    if let refusal: TrackingError = try fields.optional("refused") {
      result = .failure(refusal)
    } else {
      result = .success(try fields.get("event"))
    }
  }
}
