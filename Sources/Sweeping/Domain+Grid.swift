internal import Tracking

extension Domain {
  /// Returns values from one end to the other, evenly spaced on the domain's scale, in rising order and without repeats;
  /// nil for categories. Without ends, at the quantiles (i + 1/2) / count.
  func evenlySpaced(_ count: Int) -> [Value]? {
    var values: [Value] = []
    for index in 0..<count {
      let fraction = count == 1 ? 0.5 : Double(index) / Double(count - 1)
      switch self {
      case .categorical, .ordinal: return nil
      case .integer(let min, let max, .linear):
        values.append(.integer(Int64((Double(min) + fraction * (Double(max) - Double(min))).rounded())))
      case .integer(let min, let max, let scale):
        let real = Domain.continuous(min: Double(min), max: Double(max), scale: scale).value(at: fraction).number ?? 0
        values.append(.integer(Int64(real.rounded())))
      case .continuous, .quniform, .loguniform, .qloguniform, .stepped, .steppedInteger,
        .rounded(.quniform, _), .rounded(.qloguniform, _):
        values.append(value(at: fraction))
      case .normal, .qnormal, .lognormal, .qlognormal, .rounded:
        values.append(value(at: (Double(index) + 0.5) / Double(count)))
      }
    }
    return Domain.unique(values)
  }

  /// Returns min, min + step, min + 2 step, ... up to max; nil for what has no ends, and for more than 2^20 values.
  func stepped(_ step: Double) -> [Value]? {
    let (low, high): (Double, Double)
    switch self {
    case .integer(let min, let max, _), .steppedInteger(let min, let max, _, _):
      (low, high) = (Double(min), Double(max))
    case .continuous(let min, let max, _), .quniform(let min, let max, _), .stepped(let min, let max, _, _):
      (low, high) = (min, max)
    default: return nil
    }
    // Half a millionth of a step of slack, so that 0 to 1 by 0.1 ends with 1.
    let last = ((high - low) / step + 5e-7).rounded(.down)
    guard last < Double(1 << 20) else { return nil }
    return Domain.unique(
      (0...Int(last)).compactMap { member(matching: whole(Swift.min(high, low + Double($0) * step))) })
  }

  private func whole(_ number: Double) -> Value {
    switch self {
    case .integer, .steppedInteger: return .integer(Int64(number.rounded()))
    default: break
    }
    // 0.1 + 2 * 0.1 is to be 0.3, as it was meant.
    let tidy = (number * 1e12).rounded() / 1e12
    return .real(abs(number) < 1e3 && abs(tidy - number) <= abs(number) * 1e-12 ? tidy : number)
  }

  private static func unique(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }

  /// A value as a command and an environment variable show it: multiples of a whole `q` without a fraction, so that a
  /// program may read them as whole numbers.
  func text(of value: Value) -> String {
    if case .rounded(_, let rounding) = self, rounding.form == .float { return value.plain }
    if let q = quantum, q == q.rounded(), let whole = value.integer { return String(whole) }
    return value.plain
  }
}
