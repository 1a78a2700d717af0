/// Numbers as sentences show them: six significant digits, and all of them where six would make two numbers look alike.
public enum RoundedText {
  // The powers of ten that a double holds exactly.
  private static let powers: [Double] = (0...22).reduce(into: []) { powers, _ in
    powers.append((powers.last ?? 0.1) * 10)
  }

  /// Returns numbers as texts, in their order.
  public static func of(_ numbers: Double...) -> [String] {
    let short = numbers.map(short)
    let isPlain = Set(short).count == Set(numbers.map(\.description)).count
    return isPlain ? short : numbers.map(\.description)
  }

  private static func short(_ number: Double) -> String {
    let size = abs(number)
    guard number.isFinite, size >= 1e-16, size < 1e21 else { return "\(number)" }
    // By exact powers and correctly rounded steps, so that the text is the same on every machine.
    guard size < 1e5 else {
      let power = powers.first { size / $0 < 1e6 } ?? 1
      return "\((number / power).rounded() * power)"
    }
    let power = powers.first { size * $0 >= 1e5 } ?? 1
    return "\((number * power).rounded() / power)"
  }
}
