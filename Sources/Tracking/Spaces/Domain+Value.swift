extension Domain {
  /// The recorded form: an object with `type` and the numbers under Azure's and SageMaker's names.
  public var value: Value {
    switch self {
    case .categorical(let values): ["type": "categorical", "values": .list(values)]
    case .ordinal(let values): ["type": "categorical", "values": .list(values), "ordered": true]
    case .steppedInteger(let min, let max, let step, let scale):
      [
        "type": "integer", "min": .integer(min), "max": .integer(max), "step": .integer(step),
        "scale": .text(scale.rawValue),
      ]
    case .stepped(let min, let max, let step, let scale):
      [
        "type": "continuous", "min": .real(min), "max": .real(max), "step": .real(step), "scale": .text(scale.rawValue),
      ]
    case .rounded(let domain, let rounding): domain.value(rounding)
    case .integer(let min, let max, let scale):
      ["type": "integer", "min": .integer(min), "max": .integer(max), "scale": .text(scale.rawValue)]
    case .continuous(let min, let max, let scale):
      ["type": "continuous", "min": .real(min), "max": .real(max), "scale": .text(scale.rawValue)]
    case .quniform(let min, let max, let q): Domain.object("quniform", ["min_value": min, "max_value": max, "q": q])
    case .loguniform(let min, let max): Domain.object("loguniform", ["min_value": min, "max_value": max])
    case .qloguniform(let min, let max, let q):
      Domain.object("qloguniform", ["min_value": min, "max_value": max, "q": q])
    case .normal(let mu, let sigma): Domain.object("normal", ["mu": mu, "sigma": sigma])
    case .qnormal(let mu, let sigma, let q): Domain.object("qnormal", ["mu": mu, "sigma": sigma, "q": q])
    case .lognormal(let mu, let sigma): Domain.object("lognormal", ["mu": mu, "sigma": sigma])
    case .qlognormal(let mu, let sigma, let q): Domain.object("qlognormal", ["mu": mu, "sigma": sigma, "q": q])
    }
  }

  private func value(_ rounding: Rounding) -> Value {
    var members = value.object ?? [:]
    if rounding.keepsOutside { members["azure_compatible"] = true }
    if let form = rounding.form { members["as"] = .text(form.rawValue) }
    return .object(members)
  }

  private static func object(_ type: String, _ numbers: [String: Double]) -> Value {
    var members = numbers.mapValues { Value.real($0) }
    members["type"] = .text(type)
    return .object(members)
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.invalid` naming what is missing.
  public init(value: Value) throws {
    func number(_ name: String) throws -> Double {
      guard let number = value[name]?.number else {
        throw TrackingError(.invalid, "a recorded domain lacks the number '\(name)': \(value.json)")
      }
      return number
    }
    func whole(_ name: String) throws -> Int64 {
      guard let number = value[name]?.integer else {
        throw TrackingError(.invalid, "a recorded domain lacks the whole number '\(name)': \(value.json)")
      }
      return number
    }
    guard let scale = Scale(rawValue: value["scale"]?.text ?? "linear") else {
      throw TrackingError(.invalid, "a recorded domain has no known scale: \(value.json)")
    }
    switch value["type"]?.text {
    case "categorical":
      let values = value["values"]?.list ?? []
      self = value["ordered"] == true ? .ordinal(values) : .categorical(values)
    case "integer" where value["step"] != nil:
      self = .steppedInteger(min: try whole("min"), max: try whole("max"), step: try whole("step"), scale: scale)
    case "continuous" where value["step"] != nil:
      self = .stepped(min: try number("min"), max: try number("max"), step: try number("step"), scale: scale)
    case "integer": self = .integer(min: try whole("min"), max: try whole("max"), scale: scale)
    case "continuous": self = .continuous(min: try number("min"), max: try number("max"), scale: scale)
    case "quniform":
      self = .quniform(min: try number("min_value"), max: try number("max_value"), q: try number("q"))
    case "loguniform": self = .loguniform(min: try number("min_value"), max: try number("max_value"))
    case "qloguniform":
      self = .qloguniform(min: try number("min_value"), max: try number("max_value"), q: try number("q"))
    case "normal": self = .normal(mu: try number("mu"), sigma: try number("sigma"))
    case "qnormal": self = .qnormal(mu: try number("mu"), sigma: try number("sigma"), q: try number("q"))
    case "lognormal": self = .lognormal(mu: try number("mu"), sigma: try number("sigma"))
    case "qlognormal": self = .qlognormal(mu: try number("mu"), sigma: try number("sigma"), q: try number("q"))
    default: throw TrackingError(.invalid, "a recorded domain has no known type: \(value.json)")
    }
    let form = value["as"]?.text.flatMap { Rounding.Form(rawValue: $0) }
    let rounding = Rounding(keepsOutside: value["azure_compatible"] == true, form: form)
    if rounding != Rounding() { self = .rounded(self, rounding) }
  }
}
