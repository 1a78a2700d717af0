internal import Tracking

extension SearchSpace {
  /// What is searched, a parameter a row: its values, how they are spread, what is believed of it, when it exists.
  var table: Table {
    var table = Table(
      columns: [Table.Column(title: "PARAMETER"), Table.Column(title: "VALUES", isFlexible: true)])
    let scales = parameters.map(\.domain.scaleText)
    let beliefs = parameters.map(\.beliefText)
    let conditions = parameters.map { $0.conditions.map(\.text).joined(separator: ", ") }
    func show(_ title: String, _ texts: [String]) -> Bool {
      if texts.allSatisfy(\.isEmpty) { return false }
      table.columns.append(Table.Column(title: title, isFlexible: title == "WHEN"))
      return true
    }
    let shown = [("SCALE", scales), ("BELIEF", beliefs), ("WHEN", conditions)].filter { show($0.0, $0.1) }
    table.rows = parameters.indices.map { index in
      [Table.Cell(parameters[index].name), Table.Cell(parameters[index].domain.valuesText)]
        + shown.map { Table.Cell($0.1[index]) }
    }
    return table
  }
}

extension ParameterSpace {
  /// The default and the prior: `0.01`, `0.01, sigma 0.1`.
  fileprivate var beliefText: String {
    let middle = (prior?.mean ?? standard)?.short ?? ""
    return prior.map { "\(middle), sigma \($0.sigma.short())" } ?? middle
  }
}

extension Domain {
  /// The values in words: `0.0001 to 0.1`, `sgd, adam`, `small < large`, `16 to 128, multiples of 16`.
  fileprivate var valuesText: String {
    func range(_ low: Double, _ high: Double) -> String { "\(low.short()) to \(high.short())" }
    switch self {
    case .categorical(let values) where values.count == 1: return "always \(values[0].short)"
    case .categorical(let values): return values.map(\.short).joined(separator: ", ")
    case .ordinal(let values): return values.map(\.short).joined(separator: " < ")
    case .integer(let min, let max, _): return "\(min) to \(max), whole"
    case .steppedInteger(let min, let max, let step, _): return "\(min) to \(max) by \(step), whole"
    case .continuous(let min, let max, _): return range(min, max)
    case .stepped(let min, let max, let step, _): return "\(range(min, max)) by \(step.short())"
    case .loguniform(let min, let max): return range(PortableMath.exp(min), PortableMath.exp(max))
    case .quniform(let min, let max, let q): return "\(range(min, max)), multiples of \(q.short())"
    case .qloguniform(let min, let max, let q):
      return "\(range(PortableMath.exp(min), PortableMath.exp(max))), multiples of \(q.short())"
    case .normal(let mu, let sigma): return "normal, mean \(mu.short()), sigma \(sigma.short())"
    case .qnormal(let mu, let sigma, let q):
      return "\(Domain.normal(mu: mu, sigma: sigma).valuesText), multiples of \(q.short())"
    case .lognormal(let mu, let sigma): return "exp of normal, mean \(mu.short()), sigma \(sigma.short())"
    case .qlognormal(let mu, let sigma, let q):
      return "\(Domain.lognormal(mu: mu, sigma: sigma).valuesText), multiples of \(q.short())"
    case .rounded(let domain, let rounding):
      let form = rounding.form.map { $0 == .int ? ", whole" : ", real" } ?? ""
      return domain.valuesText + form + (rounding.keepsOutside ? ", ends rounded as Azure does" : "")
    }
  }

  /// How the values are spread, where that is not evenly.
  fileprivate var scaleText: String {
    switch self {
    case .integer(_, _, let scale), .steppedInteger(_, _, _, let scale), .continuous(_, _, let scale),
      .stepped(_, _, _, let scale):
      scale == .linear ? "" : scale.rawValue
    case .loguniform, .qloguniform: Scale.log.rawValue
    case .rounded(let domain, _): domain.scaleText
    default: ""
    }
  }
}
