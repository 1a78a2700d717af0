extension Domain {
  /// Returns the domain's own form of a value that somebody wrote down; nil when the domain does not hold it.
  ///
  /// A whole number written for a real parameter becomes real, `8.0` written for a whole one becomes whole, and a
  /// category comes back as it was declared. Whether a number is a multiple of `q` is not asked.
  public func member(matching value: Value) -> Value? {
    switch self {
    case .categorical(let values), .ordinal(let values):
      return values.first { $0 == value } ?? values.first { $0.matches(value) }
    case .integer(let min, let max, _), .steppedInteger(let min, let max, _, _):
      guard let whole = value.integer, min <= whole, whole <= max else { return nil }
      return .integer(whole)
    case .continuous(let min, let max, _), .quniform(let min, let max, _), .stepped(let min, let max, _, _):
      return Domain.real(value, from: min, to: max)
    case .loguniform(let min, let max), .qloguniform(let min, let max, _):
      return Domain.real(value, from: PortableMath.exp(min), to: PortableMath.exp(max))
    case .normal, .qnormal: return Domain.real(value, from: -.greatestFiniteMagnitude, to: .greatestFiniteMagnitude)
    case .lognormal: return Domain.real(value, from: .leastNonzeroMagnitude, to: .greatestFiniteMagnitude)
    case .qlognormal: return Domain.real(value, from: 0, to: .greatestFiniteMagnitude)
    case .rounded(let domain, let rounding):
      let multiples = multiples
      let isMultiple = value.number.map { x in multiples.map { $0.value($0.index(of: x)) } == x } ?? false
      guard let number = isMultiple ? value.number : domain.member(matching: value)?.number else { return nil }
      return rounding.form == .int ? Int64(exactly: number).map { .integer($0) } : .real(number)
    }
  }

  private static func real(_ value: Value, from min: Double, to max: Double) -> Value? {
    guard let number = value.number, min <= number, number <= max else { return nil }
    return .real(number)
  }
}
