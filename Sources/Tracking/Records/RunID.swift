/// The id of a run: 1 to 256 letters, digits, `-` and `_`, beginning with a letter or digit.
///
/// A run that we start gets 12 characters of Crockford's base 32; trial `k` of sweep `S` is `S-k`.
public struct RunID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The id as it is written.
  public let text: String

  /// Reads an id; nil when the text is not one.
  public init?(_ text: String) {
    guard (1...256).contains(text.utf8.count), let first = text.utf8.first, RunID.isAlphanumeric(first),
      text.utf8.allSatisfy({ RunID.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.text = text
  }

  /// Makes an id of 60 random bits, which the caller brings.
  public init(randomBits bits: UInt64) {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".unicodeScalars)
    var scalars = String.UnicodeScalarView()
    for place in 0..<12 { scalars.append(alphabet[Int(bits >> UInt64(place * 5) & 31)]) }
    text = String(scalars)
  }

  /// Returns the id of the sweep's trial with a number, from 0.
  public func trial(_ number: Int) -> RunID {
    precondition(number >= 0, "trials count from 0")
    return RunID(unchecked: "\(text)-\(number)")
  }

  private init(unchecked text: String) { self.text = text }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  /// The id as it is written.
  public var description: String { text }

  /// Orders ids by their bytes.
  public static func < (left: RunID, right: RunID) -> Bool { left.text < right.text }
}
