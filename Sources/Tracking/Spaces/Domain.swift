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
  /// - Parameter u: 0 <= u < 1.
  /// - Returns: a whole number for `integer`, the value itself for `categorical`, otherwise a real number. Where Azure
  ///   leaves [min, max] by rounding to a multiple of q, the nearest multiple inside is taken, if there is one.
  public func value(at u: Double) -> Value {
    switch self {
    case .categorical(let values): return values[Swift.min(Int(u * Double(values.count)), values.count - 1)]
    case .integer(let min, let max, let scale):
      if scale == .linear {
        // Unsigned, since the widest range has 2^64 values.
        let width = Double(UInt64(bitPattern: max &- min)) + 1
        let step = Swift.min(UInt64((u * width).rounded(.down)), UInt64(bitPattern: max &- min))
        return .integer(min &+ Int64(bitPattern: step))
      }
      // Whole numbers on a curved scale: each has the share of the interval half a unit to either side of it.
      let real = Domain.spread(u, Double(min) - 0.5, Double(max) + 0.5, scale)
      let whole = Int64(exactly: real.rounded(.toNearestOrEven)) ?? max
      return .integer(Swift.min(max, Swift.max(min, whole)))
    case .continuous(let min, let max, let scale): return .real(Domain.spread(u, min, max, scale))
    case .quniform(let min, let max, let q):
      return .real(Domain.multiple(of: q, nearest: min + u * (max - min), from: min, to: max))
    case .loguniform(let min, let max):
      return .real(PortableMath.exp(min + u * (max - min)))
    case .qloguniform(let min, let max, let q):
      let real = PortableMath.exp(min + u * (max - min))
      return .real(Domain.multiple(of: q, nearest: real, from: PortableMath.exp(min), to: PortableMath.exp(max)))
    case .normal(let mu, let sigma): return .real(mu + sigma * Domain.standardNormal(u))
    case .qnormal(let mu, let sigma, let q):
      return .real(Domain.multiple(of: q, nearest: mu + sigma * Domain.standardNormal(u)))
    case .lognormal(let mu, let sigma): return .real(PortableMath.exp(mu + sigma * Domain.standardNormal(u)))
    case .qlognormal(let mu, let sigma, let q):
      return .real(Domain.multiple(of: q, nearest: PortableMath.exp(mu + sigma * Domain.standardNormal(u))))
    }
  }

  private static func spread(_ u: Double, _ min: Double, _ max: Double, _ scale: Scale) -> Double {
    let value: Double
    switch scale {
    case .linear: value = min + u * (max - min)
    case .log:
      let low = PortableMath.log(min)
      value = PortableMath.exp(low + u * (PortableMath.log(max) - low))
    case .reverseLog:
      let high = PortableMath.log(1 - min)
      value = 1 - PortableMath.exp(high + u * (PortableMath.log(1 - max) - high))
    }
    return Swift.min(max, Swift.max(min, value))
  }

  // The quantile of 0 is not finite; the smallest draw stands half a step of 2^-53 above it.
  private static func standardNormal(_ u: Double) -> Double {
    PortableMath.normalQuantile(Swift.max(u, 0x1p-54))
  }

  private static func multiple(of q: Double, nearest x: Double) -> Double {
    (x / q).rounded(.toNearestOrEven) * q
  }

  private static func multiple(of q: Double, nearest x: Double, from min: Double, to max: Double) -> Double {
    let free = multiple(of: q, nearest: x)
    if free < min {
      let up = (min / q).rounded(.up) * q
      return up <= max ? up : free
    }
    if free > max {
      let down = (max / q).rounded(.down) * q
      return down >= min ? down : free
    }
    return free
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
    case .quniform(let min, let max, let q):
      let low = (min / q).rounded(.up)
      let high = (max / q).rounded(.down)
      if high < low { return nil }
      return high - low < 0x1p31 ? Int(high - low) + 1 : nil
    case .qloguniform(let min, let max, let q):
      return Domain.quniform(min: PortableMath.exp(min), max: PortableMath.exp(max), q: q).cardinality
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
    case .quniform(let min, _, let q):
      let low = (min / q).rounded(.up)
      return (0..<count).map { .real((low + Double($0)) * q) }
    case .qloguniform(let min, let max, let q):
      return Domain.quniform(min: PortableMath.exp(min), max: PortableMath.exp(max), q: q).allValues
    default: return [value(at: 0.5)]
    }
  }

  /// What is wrong with the domain, in sentences; empty for a sound one.
  public var problems: [String] {
    var found: [String] = []
    func finite(_ numbers: Double...) {
      if !numbers.allSatisfy(\.isFinite) { found.append("its numbers must be finite") }
    }
    func order(_ min: Double, _ max: Double) {
      if min > max { found.append("min (\(min)) is greater than max (\(max)); swap them") }
    }
    func quantum(_ q: Double) { if !(q > 0) { found.append("q is \(q); it must be greater than 0") } }
    func deviation(_ sigma: Double) { if !(sigma >= 0) { found.append("sigma is \(sigma); it must be 0 or more") } }
    func scaled(_ min: Double, _ max: Double, _ scale: Scale) {
      if scale == .log, !(min > 0) {
        found.append("a log scale needs min > 0, and min is \(min); give a small floor such as 1e-6, or scale: linear")
      }
      if scale == .reverseLog, !(min >= 0 && max < 1) {
        found.append("a reverse_log scale needs 0 <= min and max < 1, and the range is \(min) to \(max)")
      }
    }
    switch self {
    case .categorical(let values): if values.isEmpty { found.append("it has no values; give at least one") }
    case .integer(let min, let max, let scale):
      if min > max { found.append("min (\(min)) is greater than max (\(max)); swap them") }
      if scale == .reverseLog { found.append("reverse_log is for real numbers; use linear or log for whole ones") }
      if scale == .log, min < 1 { found.append("a log scale needs min >= 1 for whole numbers, and min is \(min)") }
    case .continuous(let min, let max, let scale):
      finite(min, max)
      order(min, max)
      scaled(min, max, scale)
    case .quniform(let min, let max, let q):
      finite(min, max, q)
      order(min, max)
      quantum(q)
    case .qloguniform(let min, let max, let q):
      finite(min, max, q)
      order(min, max)
      quantum(q)
      if max > 709 { found.append("max is \(max), and exp(max) is no number; min and max are exponents here") }
    case .loguniform(let min, let max):
      finite(min, max)
      order(min, max)
      if max > 709 { found.append("max is \(max), and exp(max) is no number; min and max are exponents here") }
    case .normal(let mu, let sigma), .lognormal(let mu, let sigma):
      finite(mu, sigma)
      deviation(sigma)
    case .qnormal(let mu, let sigma, let q), .qlognormal(let mu, let sigma, let q):
      finite(mu, sigma, q)
      deviation(sigma)
      quantum(q)
    }
    return found
  }
}
