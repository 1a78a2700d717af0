extension Sweep: WireRecord {
  /// The spec in its recorded form.
  package var wire: Value { .record(["run": run, "spec": spec.value, "source": source]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a sweep")
    self.init(
      run: try fields.get("run"), spec: try SweepSpec(value: fields.get("spec")), source: try fields.get("source"))
  }
}

extension Trial: WireRecord {
  package var wire: Value {
    .record([
      "run": run, "number": number, "parameters": parameters, "state": state, "observed": observed,
      "proposed": proposed, "ended": ended, "allowance": allowance, "continues": continues, "attempt": attempt,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a trial")
    self.init(
      run: try fields.get("run"), number: try fields.get("number"), parameters: try fields.get("parameters"),
      state: try fields.get("state"), observed: try fields.get("observed"), proposed: try fields.get("proposed"),
      ended: try fields.optional("ended"), allowance: try fields.optional("allowance"),
      continues: try fields.optional("continues"), attempt: try fields.get("attempt"))
  }
}

extension Decision: WireRecord {
  package var wire: Value {
    .record([
      "sweep": sweep, "kind": kind, "decider": decider, "as_of": asOf, "trial": trial, "reason": reason,
      "details": details, "time": time, "event": event,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a decision")
    self.init(
      sweep: try fields.get("sweep"), kind: try fields.get("kind"), decider: try fields.get("decider"),
      asOf: try fields.get("as_of"), trial: try fields.optional("trial"), reason: try fields.get("reason"),
      details: try fields.get("details", or: .null),
      time: try fields.get("time", or: Timestamp(milliseconds: 0)), event: try fields.get("event", or: 0))
  }
}
