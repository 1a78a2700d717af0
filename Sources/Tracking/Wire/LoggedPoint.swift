/// A point as it goes to a logger over the wire.
package struct LoggedPoint: WireRecord {
  /// The metric's name.
  package let metric: String
  /// The point.
  package let point: MetricPoint

  /// Names a metric and its point.
  package init(_ metric: String, _ point: MetricPoint) {
    self.metric = metric
    self.point = point
  }

  package var wire: Value { .record(["metric": metric, "point": point]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a logged point")
    self.init(try fields.get("metric"), try fields.get("point"))
  }
}

/// A logger that a server opened: `{"logger": "…", "attempt": 1}`.
package struct OpenedLogger: WireRecord {
  /// By what it is called from now on.
  package let id: String
  /// The attempt that its points belong to.
  package let attempt: Int

  /// Tells of a logger.
  package init(id: String, attempt: Int) {
    self.id = id
    self.attempt = attempt
  }

  package var wire: Value { .record(["logger": id, "attempt": attempt]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a logger")
    self.init(id: try fields.get("logger"), attempt: try fields.get("attempt"))
  }
}
