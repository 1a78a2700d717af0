extension SearchSpace {
  /// The recorded form: a list of parameters in their declared order; with constraints, an object with `parameters` and
  /// `constraints`.
  public var value: Value {
    let list = Value.list(parameters.map(\.value))
    if constraints.isEmpty { return list }
    return ["parameters": list, "constraints": .list(constraints.map { .text($0.text) })]
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.invalid` naming what is missing.
  public init(value: Value) throws {
    guard let list = value.list ?? value["parameters"]?.list else {
      throw TrackingError(.invalid, "a recorded search space is a list, or an object with a list of parameters")
    }
    let constraints = try (value["constraints"]?.list ?? []).map { item in
      guard let text = item.text else {
        throw TrackingError(.invalid, "a recorded constraint is a text, and this is \(item.json)")
      }
      return try Constraint(text)
    }
    self.init(try list.map { try ParameterSpace(value: $0) }, constraints: constraints)
  }
}

extension ParameterSpace {
  /// The recorded form: an object with `name`, `domain` and what else there is.
  var value: Value {
    var members: [String: Value] = ["name": .text(name), "domain": domain.value]
    if !conditions.isEmpty { members["when"] = .list(conditions.map(\.value)) }
    if let grid { members["grid"] = .list(grid) }
    if let standard { members["default"] = standard }
    if let prior { members["prior"] = ["mean": prior.mean, "sigma": .real(prior.sigma)] }
    if let memberPath { members["path"] = .list(memberPath.map { .text($0) }) }
    return .object(members)
  }

  init(value item: Value) throws {
    guard let name = item["name"]?.text, let domain = item["domain"] else {
      throw TrackingError(.invalid, "a recorded parameter lacks its name or domain: \(item.json)")
    }
    var prior: Prior?
    if let recorded = item["prior"] {
      guard let mean = recorded["mean"], let sigma = recorded["sigma"]?.number else {
        throw TrackingError(.invalid, "a recorded prior lacks its mean or sigma: \(item.json)")
      }
      prior = Prior(mean: mean, sigma: sigma)
    }
    self.init(
      name, try Domain(value: domain), conditions: (item["when"]?.list ?? []).map(Condition.init),
      grid: item["grid"]?.list,
      standard: item["default"], prior: prior, memberPath: item["path"]?.list?.compactMap(\.text))
  }
}

extension ParameterSpace.Condition {
  fileprivate var value: Value {
    var members: [String: Value] = ["parameter": .text(parameter), "values": .list(values)]
    members["min"] = minimum.map { .real($0) }
    members["max"] = maximum.map { .real($0) }
    return .object(members)
  }

  fileprivate init(value: Value) {
    self.init(
      parameter: value["parameter"]?.text ?? "", values: value["values"]?.list ?? [], minimum: value["min"]?.number,
      maximum: value["max"]?.number)
  }
}
