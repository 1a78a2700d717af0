extension Domain {
  /// How the domain's values relate to each other on the unit interval.
  public var unitKind: UnitCube.Kind {
    switch self {
    case .categorical(let values): .categorical(values.count)
    case .ordinal(let values): .ordered(values.count)
    case .continuous, .loguniform, .normal, .lognormal: .real
    default: cardinality.map { .ordered($0) } ?? .real
    }
  }

  /// Returns the middle of the quantiles that `value(at:)` maps to a value, 0...1; the inverse of `value(at:)`.
  ///
  /// A number that the domain does not hold has the place of the nearest one that it holds; any other value 1/2.
  public func position(of value: Value) -> Double {
    switch self {
    case .categorical(let values), .ordinal(let values):
      guard let index = values.firstIndex(where: { $0.matches(value) }) else { return 0.5 }
      return (Double(index) + 0.5) / Double(values.count)
    case .integer(let min, let max, .linear):
      guard let step = Domain.step(to: value, from: min, to: max) else { return 0.5 }
      return (step + 0.5) / (Double(UInt64(bitPattern: max &- min)) + 1)
    case .stepped(_, _, _, .linear), .steppedInteger(_, _, _, .linear):
      guard let steps, let x = value.number, !x.isNaN else { return 0.5 }
      return (steps.index(of: x) + 0.5) / steps.count
    default:
      let (lower, upper) = quantiles(of: value)
      return lower + (upper - lower) / 2
    }
  }

  // How far above min the nearest whole number of a range is; unsigned, since the widest range has 2^64 values.
  private static func step(to value: Value, from min: Int64, to max: Int64) -> Double? {
    guard let x = value.number, !x.isNaN else { return nil }
    let whole = value.integer ?? Int64(exactly: x.rounded(.toNearestOrEven)) ?? (x < 0 ? .min : .max)
    return Double(UInt64(bitPattern: Swift.min(max, Swift.max(min, whole)) &- min))
  }

  /// Returns the ends of the quantiles that `value(at:)` maps to a value, `0 <= lower <= upper <= 1`; on a continuum
  /// both are the value's place.
  ///
  /// A number that the domain does not hold has those of the nearest one that it holds; any other value 1/2.
  public func quantiles(of value: Value) -> (lower: Double, upper: Double) {
    if let values = categories {
      guard let index = values.firstIndex(where: { $0.matches(value) }) else { return (0.5, 0.5) }
      return (Double(index) / Double(values.count), Double(index + 1) / Double(values.count))
    }
    guard let x = value.number, !x.isNaN else { return (0.5, 0.5) }
    switch self {
    case .categorical, .ordinal: return (0.5, 0.5)
    case .stepped, .steppedInteger: return steps.map { $0.quantiles($0.index(of: x)) } ?? (0.5, 0.5)
    case .integer(let min, let max, .linear):
      guard let step = Domain.step(to: value, from: min, to: max) else { return (0.5, 0.5) }
      let count = Double(UInt64(bitPattern: max &- min)) + 1
      return (step / count, (step + 1) / count)
    case .integer(let min, let max, let scale):
      let (low, high) = (Double(min) - 0.5, Double(max) + 0.5)
      let whole = Swift.min(Double(max), Swift.max(Double(min), x.rounded(.toNearestOrEven)))
      return (scale.place(of: whole - 0.5, low, high), scale.place(of: whole + 0.5, low, high))
    case .continuous, .loguniform, .normal, .lognormal:
      let place = place(of: x)
      return (place, place)
    case .quniform, .qloguniform, .qnormal, .qlognormal, .rounded:
      guard let multiples else { return (0.5, 0.5) }
      let index = multiples.index(of: x)
      // What would round to a multiple outside goes to the outermost one inside.
      return (
        index <= multiples.low ? 0 : place(of: (index - 0.5) * multiples.q),
        index >= multiples.high ? 1 : place(of: (index + 0.5) * multiples.q)
      )
    }
  }

  /// The categories, ordered or not; nil for numbers.
  var categories: [Value]? {
    switch self {
    case .categorical(let values), .ordinal(let values): values
    default: nil
    }
  }

  // The distribution function of what is drawn, before it is rounded.
  private func place(of x: Double) -> Double {
    func linear(_ x: Double, _ min: Double, _ max: Double) -> Double { Scale.linear.place(of: x, min, max) }
    func normal(_ x: Double, _ mu: Double, _ sigma: Double) -> Double {
      sigma > 0 ? PortableMath.normalDistribution((x - mu) / sigma) : 0.5
    }
    func log(_ x: Double) -> Double { x > 0 ? PortableMath.log(x) : -.infinity }
    switch self {
    case .continuous(let min, let max, let scale): return scale.place(of: x, min, max)
    case .quniform(let min, let max, _): return linear(x, min, max)
    case .loguniform(let min, let max), .qloguniform(let min, let max, _): return linear(log(x), min, max)
    case .normal(let mu, let sigma), .qnormal(let mu, let sigma, _): return normal(x, mu, sigma)
    case .lognormal(let mu, let sigma), .qlognormal(let mu, let sigma, _): return normal(log(x), mu, sigma)
    case .rounded(let domain, _): return domain.place(of: x)
    case .categorical, .ordinal, .integer, .stepped, .steppedInteger: return 0.5
    }
  }
}
