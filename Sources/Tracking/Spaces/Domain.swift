/// How the numbers of a range are spread.
public enum Scale: String, Sendable, CaseIterable {
  /// Evenly.
  case linear
  /// Evenly in the logarithm; the range is above 0.
  case log
  /// Evenly in the logarithm of the distance from 1; the range is within 0 <= x < 1.
  case reverseLog = "reverse_log"
}

/// What values a parameter can take, and how likely they are.
///
/// `choice` to `qlognormal` are Azure's ten distributions under Azure's names; `continuous`, `integer` and
/// `categorical` are the typed ranges of SageMaker. A draw is the quantile of a number of [0, 1).
public enum Domain: Sendable, Hashable {
  /// One of the values, each as likely.
  case categorical([Value])
  /// A whole number of min...max.
  case integer(min: Int64, max: Int64, scale: Scale)
  /// A real number of min...max.
  case continuous(min: Double, max: Double, scale: Scale)
  /// round(U(min, max) / q) * q, brought into [min, max].
  case quniform(min: Double, max: Double, q: Double)
  /// exp(U(min, max)): min and max are exponents.
  case loguniform(min: Double, max: Double)
  /// round(exp(U(min, max)) / q) * q, brought into [exp(min), exp(max)].
  case qloguniform(min: Double, max: Double, q: Double)
  /// N(mu, sigma).
  case normal(mu: Double, sigma: Double)
  /// round(N(mu, sigma) / q) * q.
  case qnormal(mu: Double, sigma: Double, q: Double)
  /// exp(N(mu, sigma)).
  case lognormal(mu: Double, sigma: Double)
  /// round(exp(N(mu, sigma)) / q) * q.
  case qlognormal(mu: Double, sigma: Double, q: Double)
  /// One of the values, each as likely, which stand in an order: a model may expect neighbours to do alike.
  case ordinal([Value])
  /// A whole number of min, min + step, ... up to max.
  case steppedInteger(min: Int64, max: Int64, step: Int64, scale: Scale)
  /// A real number of min, min + step, ... up to max.
  case stepped(min: Double, max: Double, step: Double, scale: Scale)
  /// One of the four distributions with a `q`, rounded in another way.
  indirect case rounded(Domain, Rounding)
}

/// How a distribution with a `q` is rounded, where that is not the usual way.
public struct Rounding: Sendable, Hashable {
  /// How numbers are written.
  public enum Form: String, Sendable, CaseIterable {
    /// As whole numbers; q is whole.
    case int
    /// As real numbers, with a point.
    case float
  }

  /// True leaves a multiple outside of [min, max] to which an end rounds, as Azure's (hyperopt's) formula does.
  public var keepsOutside: Bool
  /// What kind of number comes out; nil for a real number that a command line shows without its fraction when q is whole.
  public var form: Form?

  /// Makes a way of rounding.
  public init(keepsOutside: Bool = false, form: Form? = nil) {
    self.keepsOutside = keepsOutside
    self.form = form
  }
}

extension Domain {
  /// Returns the value at a quantile.
  ///
  /// - Parameter u: 0 <= u <= 1; draws are below 1, and 1 is the upper end, where there is one.
  /// - Returns: a whole number for `integer`, the value itself for `categorical`, otherwise a real number. Where Azure
  ///   leaves [min, max] by rounding to a multiple of q, the nearest multiple inside is taken, if there is one.
  public func value(at u: Double) -> Value {
    switch self {
    case .categorical(let values), .ordinal(let values):
      return values[Swift.min(Int(u * Double(values.count)), values.count - 1)]
    case .steppedInteger(let min, _, let step, _):
      guard let steps else { return .null }
      return Domain.whole(min, step, steps.index(at: u))
    case .stepped:
      guard let steps else { return .null }
      return .real(steps.value(steps.index(at: u)))
    case .integer(let min, let max, let scale):
      if scale == .linear {
        // Unsigned, since the widest range has 2^64 values.
        let steps = UInt64(bitPattern: max &- min)
        let step = (u * (Double(steps) + 1)).rounded(.down)
        return .integer(min &+ Int64(bitPattern: step >= Double(steps) ? steps : UInt64(step)))
      }
      // Whole numbers on a curved scale: each has the share of the interval half a unit to either side of it.
      let real = scale.spread(u, Double(min) - 0.5, Double(max) + 0.5)
      let whole = Int64(exactly: real.rounded(.toNearestOrEven)) ?? max
      return .integer(Swift.min(max, Swift.max(min, whole)))
    case .continuous(let min, let max, let scale): return .real(scale.spread(u, min, max))
    case .loguniform(let min, let max): return .real(PortableMath.exp(min + u * (max - min)))
    case .normal(let mu, let sigma): return .real(mu + sigma * Domain.standardNormal(u))
    case .lognormal(let mu, let sigma): return .real(PortableMath.exp(mu + sigma * Domain.standardNormal(u)))
    case .quniform, .qloguniform, .qnormal, .qlognormal, .rounded:
      guard let multiples else { return .null }
      return number(multiples.value(multiples.index(of: unrounded(at: u))))
    }
  }

  // A number of a quantised distribution in its form.
  private func number(_ x: Double) -> Value {
    if case .rounded(_, let rounding) = self, rounding.form == .int, let whole = Int64(exactly: x) {
      return .integer(whole)
    }
    return .real(x)
  }

  // Unsigned, since the widest range has 2^64 values.
  private static func whole(_ min: Int64, _ step: Int64, _ index: Double) -> Value {
    .integer(min &+ Int64(bitPattern: UInt64(index) &* UInt64(bitPattern: step)))
  }

  /// The steps of a stepped range; nil for any other domain.
  var steps: Steps? {
    switch self {
    case .stepped(let min, let max, let step, let scale): Steps(from: min, to: max, by: step, scale: scale)
    case .steppedInteger(let min, let max, let step, let scale):
      Steps(from: Double(min), to: Double(max), by: Double(step), scale: scale)
    default: nil
    }
  }

  /// The domain without a rounding of its own.
  public var unrounded: Domain { if case .rounded(let domain, _) = self { domain } else { self } }

  // What a quantised distribution draws before it is rounded.
  private func unrounded(at u: Double) -> Double {
    switch self {
    case .quniform(let min, let max, _): min + u * (max - min)
    case .qloguniform(let min, let max, _): PortableMath.exp(min + u * (max - min))
    case .qnormal(let mu, let sigma, _): mu + sigma * Domain.standardNormal(u)
    case .qlognormal(let mu, let sigma, _): PortableMath.exp(mu + sigma * Domain.standardNormal(u))
    case .rounded(let domain, _): domain.unrounded(at: u)
    default: .nan
    }
  }

  /// The multiples of q that a quantised distribution draws; nil for any other domain.
  var multiples: Multiples? {
    if case .rounded(let domain, let rounding) = self {
      return domain.multiples(keepsOutside: rounding.keepsOutside)
    }
    return multiples(keepsOutside: false)
  }

  private func multiples(keepsOutside: Bool) -> Multiples? {
    switch self {
    case .quniform(let min, let max, let q): Multiples(of: q, from: min, to: max, keepsOutside: keepsOutside)
    case .qloguniform(let min, let max, let q):
      Multiples(of: q, from: PortableMath.exp(min), to: PortableMath.exp(max), keepsOutside: keepsOutside)
    case .qnormal(_, _, let q), .qlognormal(_, _, let q): Multiples(of: q, keepsOutside: keepsOutside)
    default: nil
    }
  }

  // The quantiles of 0 and 1 are not finite; the outermost draws stand half a step of 2^-53 from them.
  private static func standardNormal(_ u: Double) -> Double {
    PortableMath.normalQuantile(Swift.min(Swift.max(u, 0x1p-54), 1 - 0x1p-53))
  }

  /// How many different values there are; nil for infinitely many, or more than 2^31.
  public var cardinality: Int? {
    switch self {
    case .categorical(let values), .ordinal(let values): return Set(values).count
    case .stepped, .steppedInteger:
      guard let count = steps?.count, count <= 0x1p31 else { return nil }
      return Int(count)
    case .integer(let min, let max, _):
      if min > max { return 0 }
      let (width, overflow) = max.subtractingReportingOverflow(min)
      return overflow || width >= 1 << 31 ? nil : Int(width) + 1
    case .continuous(let min, let max, _): return min == max ? 1 : nil
    case .quniform, .qloguniform, .rounded(.quniform, _), .rounded(.qloguniform, _):
      guard let count = multiples?.count, count >= 1, count <= 0x1p31 else { return nil }
      return Int(count)
    case .rounded(let domain, _): return domain.cardinality
    case .loguniform(let min, let max): return min == max ? 1 : nil
    case .normal(_, let sigma), .lognormal(_, let sigma): return sigma == 0 ? 1 : nil
    case .qnormal(_, let sigma, _), .qlognormal(_, let sigma, _): return sigma == 0 ? 1 : nil
    }
  }

  /// Every value in rising order (categories in their declared order), where there are finitely many that are worth
  /// counting; nil otherwise.
  public var allValues: [Value]? {
    guard let count = cardinality, count <= 1 << 20 else { return nil }
    switch self {
    case .categorical(let values), .ordinal(let values):
      var seen: Set<Value> = []
      return values.filter { seen.insert($0).inserted }
    case .integer(let min, _, _): return (0..<Int64(count)).map { .integer(min + $0) }
    case .steppedInteger(let min, _, let step, _): return (0..<count).map { Domain.whole(min, step, Double($0)) }
    case .stepped: return steps.map { steps in (0..<count).map { .real(steps.value(Double($0))) } }
    case .quniform, .qloguniform, .rounded(.quniform, _), .rounded(.qloguniform, _):
      guard let multiples else { return nil }
      return (0..<count).map { number(multiples.value(multiples.low + Double($0))) }
    default: return [value(at: 0.5)]
    }
  }
}

extension Scale {
  /// Returns the number of a range at a place of the unit interval; both ends are exact.
  func spread(_ u: Double, _ min: Double, _ max: Double) -> Double {
    let value: Double
    switch self {
    case .linear:
      let width = max - min
      value = width.isFinite ? min + u * width : min * (1 - u) + max * u
    case .log:
      let low = PortableMath.log(min)
      value = PortableMath.exp(low + u * (PortableMath.log(max) - low))
    case .reverseLog:
      let high = PortableMath.log(1 - min)
      value = 1 - PortableMath.exp(high + u * (PortableMath.log(1 - max) - high))
    }
    return u >= 1 ? max : Swift.min(max, Swift.max(min, value))
  }

  /// Returns the place of a number of a range, 0...1; the inverse of `spread`.
  func place(of x: Double, _ min: Double, _ max: Double) -> Double {
    let bounded = Swift.min(max, Swift.max(min, x))
    let u: Double
    switch self {
    case .linear:
      let width = max - min
      u = width.isFinite ? (bounded - min) / width : (bounded / 2 - min / 2) / (max / 2 - min / 2)
    case .log: u = (PortableMath.log(bounded) - PortableMath.log(min)) / (PortableMath.log(max) - PortableMath.log(min))
    case .reverseLog:
      let (start, end) = (PortableMath.log(1 - min), PortableMath.log(1 - max))
      u = (PortableMath.log(1 - bounded) - start) / (end - start)
    }
    return u.isNaN ? 0.5 : Swift.min(1, Swift.max(0, u))
  }
}
