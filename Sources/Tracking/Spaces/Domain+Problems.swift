extension Domain {
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
    case .categorical(let values), .ordinal(let values):
      if values.isEmpty { found.append("it has no values; give at least one") }
    case .integer(let min, let max, let scale):
      if min > max { found.append("min (\(min)) is greater than max (\(max)); swap them") }
      if scale == .reverseLog { found.append("reverse_log is for real numbers; use linear or log for whole ones") }
      if scale == .log, min < 1 { found.append("a log scale needs min >= 1 for whole numbers, and min is \(min)") }
    case .continuous(let min, let max, let scale):
      finite(min, max)
      order(min, max)
      scaled(min, max, scale)
    case .steppedInteger(let min, let max, let step, let scale):
      if min > max { found.append("min (\(min)) is greater than max (\(max)); swap them") }
      if step < 1 { found.append("step is \(step); it must be at least 1") }
      if scale == .reverseLog { found.append("reverse_log is for real numbers; use linear or log for whole ones") }
      if scale == .log, min < 1 { found.append("a log scale needs min >= 1 for whole numbers, and min is \(min)") }
    case .stepped(let min, let max, let step, let scale):
      finite(min, max, step)
      order(min, max)
      if !(step > 0) { found.append("step is \(step); it must be greater than 0") }
      scaled(min, max, scale)
    case .rounded(let domain, let rounding):
      found = domain.problems
      if let q = domain.quantum {
        if rounding.form == .int, q != q.rounded() { found.append("as: int needs a whole q, and q is \(q)") }
      } else {
        found.append("azure_compatible and as are for the distributions with a q; leave them out")
      }
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

  /// The step between values of the four distributions with a `q`; nil for any other domain.
  public var quantum: Double? {
    switch self {
    case .quniform(_, _, let q), .qloguniform(_, _, let q), .qnormal(_, _, let q), .qlognormal(_, _, let q): q
    case .rounded(let domain, _): domain.quantum
    default: nil
    }
  }
}
