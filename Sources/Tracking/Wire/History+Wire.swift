extension Observation: WireRecord {
  package var wire: Value { .record(["event": event, "count": count, "attempt": attempt]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an observation")
    self.init(event: try fields.get("event"), count: try fields.get("count"), attempt: try fields.get("attempt"))
  }
}

extension Allowance: WireRecord {
  package var wire: Value { .record(["event": event, "points": points]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an allowance")
    self.init(event: try fields.get("event"), points: try fields.optional("points"))
  }
}

extension SeriesExtent: WireRecord {
  package var wire: Value { .record(["name": name, "attempt": attempt, "count": count]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a series' extent")
    self.init(name: try fields.get("name"), attempt: try fields.get("attempt"), count: try fields.get("count"))
  }
}

extension SweepHistory: WireRecord {
  package var wire: Value {
    .record([
      "spec": spec, "source": source, "decisions": decisions, "last_event": lastEvent, "trials": trials,
      "whole": isWhole,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a sweep's history")
    self.init(
      spec: try fields.get("spec"), source: try fields.get("source"), decisions: try fields.get("decisions"),
      lastEvent: try fields.get("last_event"), trials: try fields.get("trials"), isWhole: try fields.get("whole"))
  }
}

extension RunHistory: WireRecord {
  package var wire: Value {
    .record([
      "run": run, "transitions": transitions, "parameters": parameters, "given": given, "tags": tags,
      "attempts": attempts, "artifacts": artifacts, "inputs": inputs, "outputs": outputs,
      "observations": observations, "allowances": allowances, "series": series, "sweep": sweep,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a run's history")
    self.init(
      run: try fields.get("run"), transitions: try fields.get("transitions"),
      parameters: try fields.get("parameters"), given: try fields.get("given"), tags: try fields.get("tags"),
      attempts: try fields.get("attempts"), artifacts: try fields.get("artifacts"),
      inputs: try fields.get("inputs"), outputs: try fields.get("outputs"),
      observations: try fields.get("observations"), allowances: try fields.get("allowances"),
      series: try fields.get("series"),
      sweep: try fields.optional("sweep"))
  }
}

extension HistoryPoints: WireRecord {
  package var wire: Value { .record(["run": run, "attempt": attempt, "first": first, "series": columns]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "points of a history")
    self.init(
      run: try fields.get("run"), attempt: try fields.get("attempt"), first: try fields.get("first"),
      columns: try fields.get("series"))
  }
}

extension HistoryRecord: WireRecord {
  package var wire: Value {
    switch self {
    case .experiment(let experiment):
      [
        "experiment": .record([
          "name": experiment.name, "created": experiment.created, "updated": experiment.updated,
          "deleted": experiment.deleted, "tags": experiment.tags,
        ])
      ]
    case .family(let root, let changes): ["family": .record(["run": root, "changes": changes])]
    case .run(let history): ["run": history.wire]
    case .points(let points): ["points": points.wire]
    case .model(let model, let files): ["model": .record(["model": model, "files": files])]
    }
  }

  package init(wire: Value) throws {
    let record = try WireCase(wire, "a record")
    switch record.name {
    case "run": self = .run(try RunHistory(wire: record.value))
    case "points": self = .points(try HistoryPoints(wire: record.value))
    default:
      let fields = try record.fields()
      switch record.name {
      case "experiment":
        self = .experiment(
          Experiment(
            id: 0, name: try fields.get("name"), created: try fields.get("created"),
            updated: try fields.get("updated"), runs: 0, deleted: try fields.optional("deleted"),
            tags: try fields.get("tags")))
      case "family": self = .family(try fields.get("run"), changes: try fields.get("changes"))
      case "model": self = .model(try fields.get("model"), files: try fields.get("files"))
      default: throw record.unknown
      }
    }
  }
}
