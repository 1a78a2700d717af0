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
}

extension Domain {
  /// Returns the value at a quantile.
  ///
  /// - Parameter u: 0 <= u <= 1; draws are below 1, and 1 is the upper end, where there is one.
  /// - Returns: a whole number for `integer`, the value itself for `categorical`, otherwise a real number. Where Azure
  ///   leaves [min, max] by rounding to a multiple of q, the nearest multiple inside is taken, if there is one.
  public func value(at u: Double) -> Value {
    switch self {
    case .categorical(let values): return values[Swift.min(Int(u * Double(values.count)), values.count - 1)]
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
    case .quniform, .qloguniform, .qnormal, .qlognormal:
      guard let multiples else { return .null }
      return .real(multiples.value(multiples.index(of: unrounded(at: u))))
    }
  }

  // What a quantised distribution draws before it is rounded.
  private func unrounded(at u: Double) -> Double {
    switch self {
    case .quniform(let min, let max, _): min + u * (max - min)
    case .qloguniform(let min, let max, _): PortableMath.exp(min + u * (max - min))
    case .qnormal(let mu, let sigma, _): mu + sigma * Domain.standardNormal(u)
    case .qlognormal(let mu, let sigma, _): PortableMath.exp(mu + sigma * Domain.standardNormal(u))
    default: .nan
    }
  }

  /// The multiples of q that a quantised distribution draws; nil for any other domain.
  var multiples: Multiples? {
    switch self {
    case .quniform(let min, let max, let q): Multiples(of: q, from: min, to: max, keepsOutside: false)
    case .qloguniform(let min, let max, let q):
      Multiples(of: q, from: PortableMath.exp(min), to: PortableMath.exp(max), keepsOutside: false)
    case .qnormal(_, _, let q), .qlognormal(_, _, let q): Multiples(of: q)
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
    case .categorical(let values): return Set(values).count
    case .integer(let min, let max, _):
      if min > max { return 0 }
      let (width, overflow) = max.subtractingReportingOverflow(min)
      return overflow || width >= 1 << 31 ? nil : Int(width) + 1
    case .continuous(let min, let max, _): return min == max ? 1 : nil
    case .quniform, .qloguniform:
      guard let count = multiples?.count, count >= 1, count <= 0x1p31 else { return nil }
      return Int(count)
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
    case .categorical(let values):
      var seen: Set<Value> = []
      return values.filter { seen.insert($0).inserted }
    case .integer(let min, _, _): return (0..<Int64(count)).map { .integer(min + $0) }
    case .quniform, .qloguniform:
      guard let multiples else { return nil }
      return (0..<count).map { .real(multiples.value(multiples.low + Double($0))) }
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
