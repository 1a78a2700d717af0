extension RunQuery: WireRecord {
  package var wire: Value {
    .record([
      "filter": filter, "experiments": experiments, "parent": parent,
      "kinds": kinds.sorted { $0.rawValue < $1.rawValue }, "stage": stage, "order": order, "limit": limit,
      "page_token": pageToken, "includes_details": includesDetails, "includes_inputs": includesInputs,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a query")
    let all = RunQuery()
    let kinds: [RunKind] = try fields.get("kinds", or: Array(all.kinds))
    self.init(
      filter: try fields.get("filter", or: []), experiments: try fields.get("experiments", or: []),
      parent: try fields.optional("parent"), kinds: Set(kinds), stage: try fields.get("stage", or: all.stage),
      order: try fields.get("order", or: []), limit: try fields.get("limit", or: all.limit),
      pageToken: try fields.optional("page_token"),
      includesDetails: try fields.get("includes_details", or: all.includesDetails),
      includesInputs: try fields.get("includes_inputs", or: all.includesInputs))
  }
}

extension RunQuery.Order: WireRecord {
  package var wire: Value { .record(["field": field, "ascending": ascending]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an order")
    self.init(try fields.get("field"), ascending: try fields.get("ascending", or: true))
  }
}

extension RunField: WireRecord {
  package var wire: Value {
    switch self {
    case .metric(let name): .record(["metric": name])
    case .parameter(let name): .record(["parameter": name])
    case .tag(let name): .record(["tag": name])
    case .dataset(let property): .record(["dataset": property])
    case .attribute(let attribute): .record(["attribute": attribute])
    }
  }
  package init(wire: Value) throws {
    let field = try WireCase(wire, "a field")
    switch field.name {
    case "metric": self = .metric(try String(wire: field.value))
    case "parameter": self = .parameter(try String(wire: field.value))
    case "tag": self = .tag(try String(wire: field.value))
    case "dataset": self = .dataset(try DatasetProperty(wire: field.value))
    case "attribute": self = .attribute(try Attribute(wire: field.value))
    default: throw field.unknown
    }
  }
}

extension FilterClause: WireRecord {
  package var wire: Value { .record(["field": field, "comparison": comparison]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a clause")
    self.init(try fields.get("field"), try fields.get("comparison"))
  }
}

extension FilterClause.Comparison: WireRecord {
  package var wire: Value {
    switch self {
    case .number(let comparison, let number): ["number": .record(["operator": comparison, "value": number])]
    case .equals(let text, let negated): ["equals": .record(["text": text, "negated": negated])]
    case .like(let pattern, let ignoring): ["like": .record(["pattern": pattern, "ignoring_case": ignoring])]
    case .oneOf(let texts, let negated): ["one_of": .record(["texts": texts, "negated": negated])]
    case .isNull(let negated): ["is_null": .record(["negated": negated])]
    }
  }
  package init(wire: Value) throws {
    let comparison = try WireCase(wire, "a comparison")
    let fields = try comparison.fields()
    switch comparison.name {
    case "number": self = .number(try fields.get("operator"), try fields.get("value"))
    case "equals": self = .equals(try fields.get("text"), negated: try fields.get("negated", or: false))
    case "like": self = .like(try fields.get("pattern"), ignoringCase: try fields.get("ignoring_case", or: false))
    case "one_of": self = .oneOf(try fields.get("texts"), negated: try fields.get("negated", or: false))
    case "is_null": self = .isNull(negated: try fields.get("negated", or: false))
    default: throw comparison.unknown
    }
  }
}

extension RunRow: WireRecord {
  package var wire: Value {
    .record([
      "run": run, "parameters": parameters, "tags": tags, "metrics": metrics, "inputs": inputs.isEmpty ? nil : inputs,
      "outputs": outputs.isEmpty ? nil : outputs,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a row")
    self.init(
      run: try fields.get("run"), parameters: try fields.get("parameters"), tags: try fields.get("tags"),
      metrics: try fields.get("metrics"), inputs: try fields.get("inputs", or: []),
      outputs: try fields.get("outputs", or: []))
  }
}

extension RunPage: WireRecord {
  package var wire: Value { .record(["rows": rows, "next": next]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a page")
    self.init(rows: try fields.get("rows"), next: try fields.optional("next"))
  }
}
