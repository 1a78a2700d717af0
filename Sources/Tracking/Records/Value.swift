/// A typed value of a parameter, an option or a detail: what JSON can say, with whole and real numbers kept apart.
public enum Value: Hashable, Sendable {
  /// Nothing.
  case null
  /// True or false.
  case boolean(Bool)
  /// A whole number.
  case integer(Int64)
  /// A real number. JSON has no NaN and no infinity: as text they are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
  case real(Double)
  /// A text.
  case text(String)
  /// Values in order.
  case list([Value])
  /// Named values, without order.
  case object([String: Value])
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Makes a text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Makes a whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// Makes a real number.
  public init(floatLiteral value: Double) { self = .real(value) }
  /// Makes a truth value.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// Makes a list.
  public init(arrayLiteral elements: Value...) { self = .list(elements) }
  /// Makes an object; of two equal names the last one counts.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}

extension Value {
  /// The number that this is, whole or real; nil for anything else.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  /// The whole number that this is, also a real one without a fraction; nil for anything else.
  public var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .real(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The text that this is; nil for anything else.
  public var text: String? { if case .text(let value) = self { value } else { nil } }

  /// The truth value that this is; nil for anything else.
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// The list that this is; nil for anything else.
  public var list: [Value]? { if case .list(let value) = self { value } else { nil } }

  /// The object that this is; nil for anything else.
  public var object: [String: Value]? { if case .object(let value) = self { value } else { nil } }

  /// The member of an object; nil where there is none and for anything that is no object.
  public subscript(name: String) -> Value? { object?[name] }

  /// The value as a command line or an environment variable shows it: a text bare, everything else as JSON.
  public var plain: String { if case .text(let value) = self { value } else { json } }

  /// What kind of value this is, as a word for messages: `whole number`, `text`, ...
  public var kindName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer: "whole number"
    case .real: "real number"
    case .text: "text"
    case .list: "list"
    case .object: "object"
    }
  }
}
