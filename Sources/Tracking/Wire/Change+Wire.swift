extension Change: WireRecord {
  package var wire: Value {
    switch self {
    case .createRun(let run): ["create_run": run.wire]
    case .declareSweep(let sweep): ["declare_sweep": sweep.wire]
    case .transition(let run, let to, let reason):
      ["transition": .record(["run": run, "to": to, "reason": reason])]
    case .setParameter(let run, let parameter): ["set_parameter": .record(["run": run, "parameter": parameter])]
    case .setTag(let run, let name, let value): ["set_tag": .record(["run": run, "name": name, "value": value])]
    case .setNote(let run, let note): ["set_note": .record(["run": run, "note": note])]
    case .setName(let run, let name): ["set_name": .record(["run": run, "name": name])]
    case .decide(let decision): ["decide": decision.wire]
    case .beginAttempt(let run, let number, let launcher, let continues):
      ["begin_attempt": .record(["run": run, "number": number, "launcher": launcher, "continues": continues])]
    case .endAttempt(let run, let number, let outcome, let detail):
      ["end_attempt": .record(["run": run, "number": number, "outcome": outcome, "detail": detail])]
    case .observe(let run, let count): ["observe": .record(["run": run, "count": count])]
    case .allow(let run, let points): ["allow": .record(["run": run, "points": points])]
    case .attach(let artifact): ["attach": artifact.wire]
    case .detach(let run, let artifact): ["detach": .record(["run": run, "artifact": artifact])]
    case .setTimes(let run, let started, let ended):
      ["set_times": .record(["run": run, "started": started, "ended": ended])]
    case .delete(let run): ["delete": .record(["run": run])]
    case .restore(let run): ["restore": .record(["run": run])]
    case .addInputs(let run, let inputs): ["add_inputs": .record(["run": run, "inputs": inputs])]
    case .addOutputs(let run, let outputs): ["add_outputs": .record(["run": run, "outputs": outputs])]
    case .experiment(let change): ["experiment": change.wire]
    case .model(let change): ["model": change.wire]
    case .registry(let change): ["registry": change.wire]
    case .token(let change): ["token": change.wire]
    }
  }

  package init(wire: Value) throws {
    let change = try WireCase(wire, "a change")
    func fields() throws -> WireFields { try change.fields() }
    switch change.name {
    case "create_run": self = .createRun(try NewRun(wire: change.value))
    case "declare_sweep": self = .declareSweep(try Sweep(wire: change.value))
    case "decide": self = .decide(try Decision(wire: change.value))
    case "attach": self = .attach(try Artifact(wire: change.value))
    case "experiment": self = .experiment(try ExperimentChange(wire: change.value))
    case "model": self = .model(try LoggedModelChange(wire: change.value))
    case "registry": self = .registry(try RegistryChange(wire: change.value))
    case "token": self = .token(try TokenChange(wire: change.value))
    default:
      guard let ofRun = try Change(ofRun: change.name, try fields()) else { throw change.unknown }
      self = ofRun
    }
  }

  // Those that name their run first; nil for an unknown one.
  private init?(ofRun name: String, _ fields: WireFields) throws {
    func run() throws -> RunID { try fields.get("run") }
    switch name {
    case "transition": self = .transition(try run(), to: try fields.get("to"), reason: try fields.get("reason", or: ""))
    case "set_parameter": self = .setParameter(try run(), try fields.get("parameter"))
    case "set_tag": self = .setTag(try run(), name: try fields.get("name"), value: try fields.optional("value"))
    case "set_note": self = .setNote(try run(), try fields.get("note"))
    case "set_name": self = .setName(try run(), try fields.optional("name"))
    case "begin_attempt":
      self = .beginAttempt(
        try run(), number: try fields.get("number"), launcher: try fields.get("launcher"),
        continues: try fields.get("continues"))
    case "end_attempt":
      self = .endAttempt(
        try run(), number: try fields.get("number"), try fields.get("outcome"),
        detail: try fields.get("detail", or: ""))
    case "observe": self = .observe(try run(), count: try fields.get("count"))
    case "allow": self = .allow(try run(), points: try fields.optional("points"))
    case "detach": self = .detach(try run(), artifact: try fields.get("artifact"))
    case "set_times":
      self = .setTimes(try run(), started: try fields.optional("started"), ended: try fields.optional("ended"))
    case "delete": self = .delete(try run())
    case "restore": self = .restore(try run())
    case "add_inputs": self = .addInputs(try run(), try fields.get("inputs"))
    case "add_outputs": self = .addOutputs(try run(), try fields.get("outputs"))
    default: return nil
    }
  }
}
