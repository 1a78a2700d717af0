/// A value that goes into or comes out of a database, in the five kinds that every SQL database has.
public enum SQLValue: Sendable, Hashable {
  /// No value.
  case null
  /// A whole number of 64 bits.
  case integer(Int64)
  /// A floating-point number. A NaN is refused when it is bound, since SQLite would store NULL for it: bind its bits.
  case real(Double)
  /// Text in UTF-8.
  case text(String)
  /// Bytes as they are.
  case blob([UInt8])

  /// Makes a whole number.
  public init(_ value: some BinaryInteger) { self = .integer(Int64(value)) }

  /// Makes 1 or 0.
  public init(_ value: Bool) { self = .integer(value ? 1 : 0) }

  /// Makes a text, or null for `nil`.
  public init(_ value: String?) { self = value.map(SQLValue.text) ?? .null }

  /// Makes a floating-point number, or null for `nil`.
  public init(_ value: Double?) { self = value.map(SQLValue.real) ?? .null }

  /// Makes a whole number, or null for `nil`.
  public init(_ value: Int64?) { self = value.map(SQLValue.integer) ?? .null }

  /// Makes a whole number, or null for `nil`.
  public init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  /// Makes a whole number of a literal.
  public init(integerLiteral value: Int64) { self = .integer(value) }

  /// Makes a text of a literal.
  public init(stringLiteral value: String) { self = .text(value) }

  /// Makes null of `nil`.
  public init(nilLiteral: ()) { self = .null }
}
