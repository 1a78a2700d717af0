extension Parameter: WireRecord {
  package var wire: Value { .record(["name": name, "value": value]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a parameter")
    self.init(try fields.get("name"), try fields.get("value"))
  }
}

extension Run: WireRecord {
  package var wire: Value {
    .record([
      "id": id, "experiment": experiment, "kind": kind, "parent": parent, "number": number, "name": name,
      "state": state, "reason": reason, "created": created, "started": started, "ended": ended, "origin": origin,
      "note": note, "counted_attempt": countedAttempt, "deleted": deleted,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a run")
    self.init(
      id: try fields.get("id"), experiment: try fields.get("experiment"), kind: try fields.get("kind"),
      parent: try fields.optional("parent"), number: try fields.optional("number"),
      name: try fields.optional("name"), state: try fields.get("state"), reason: try fields.get("reason"),
      created: try fields.get("created"), started: try fields.optional("started"),
      ended: try fields.optional("ended"), origin: try fields.get("origin"), note: try fields.get("note"),
      countedAttempt: try fields.get("counted_attempt"), deleted: try fields.optional("deleted"))
  }
}

extension NewRun: WireRecord {
  package var wire: Value {
    .record([
      "id": id, "experiment": experiment, "kind": kind, "parent": parent, "number": number, "name": name,
      "state": state, "reason": reason, "started": started, "origin": origin, "parameters": parameters, "tags": tags,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a new run")
    self.init(
      id: try fields.get("id"), experiment: try fields.get("experiment"), kind: try fields.get("kind", or: .run),
      parent: try fields.optional("parent"), number: try fields.optional("number"),
      name: try fields.optional("name"), state: try fields.get("state", or: .scheduled),
      reason: try fields.get("reason", or: ""), started: try fields.optional("started"),
      origin: try fields.get("origin", or: .null), parameters: try fields.get("parameters", or: []),
      tags: try fields.get("tags", or: [:]))
  }
}

extension Transition: WireRecord {
  package var wire: Value {
    .record(["run": run, "from": from, "to": to, "reason": reason, "time": time, "event": event])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a transition")
    self.init(
      run: try fields.get("run"), from: try fields.optional("from"), to: try fields.get("to"),
      reason: try fields.get("reason"), time: try fields.get("time"), event: try fields.get("event"))
  }
}

extension Attempt.Outcome: WireRecord {
  package var wire: Value { .text(text) }
  package init(wire: Value) throws {
    guard case .text(let text) = wire, let outcome = Attempt.Outcome(text: text) else {
      throw TrackingError.notOnTheWire(wire, "outcome of an attempt")
    }
    self = outcome
  }
}

extension Attempt: WireRecord {
  package var wire: Value {
    .record([
      "run": run, "number": number, "launcher": launcher, "continues": continues, "started": started, "ended": ended,
      "outcome": outcome, "detail": detail,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an attempt")
    self.init(
      run: try fields.get("run"), number: try fields.get("number"), launcher: try fields.get("launcher"),
      continues: try fields.get("continues"), started: try fields.get("started"), ended: try fields.optional("ended"),
      outcome: try fields.optional("outcome"), detail: try fields.get("detail"))
  }
}

extension Artifact: WireRecord {
  package var wire: Value {
    .record([
      "run": run, "name": name, "digest": digest, "bytes": bytes, "content_bytes": contentBytes, "files": files,
      "time": time,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an artifact")
    self.init(
      run: try fields.get("run"), name: try fields.get("name"), digest: try fields.get("digest"),
      bytes: try fields.get("bytes"), contentBytes: try fields.get("content_bytes"), files: try fields.get("files"),
      time: try fields.get("time"))
  }
}
