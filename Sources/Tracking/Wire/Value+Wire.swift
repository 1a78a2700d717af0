// JSON has no NaN and no infinity, and a NaN has 52 bits of its own; on the wire all 64 bits of every number are kept.

extension Double: WireRecord {
  /// A finite number as the shortest decimals that read back the same; any other as `{"bits": "7ff8000000000000"}`.
  package var wire: Value { isFinite ? .real(self) : ["bits": .text(bits)] }

  package init(wire: Value) throws {
    switch wire {
    case .real(let number): self = number
    case .integer(let number): self = Double(number)
    default:
      guard case .text(let text)? = wire["bits"], let number = Double(bits: text) else {
        throw TrackingError.notOnTheWire(wire, "number")
      }
      self = number
    }
  }

  fileprivate var bits: String {
    let digits = String(bitPattern, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  fileprivate init?(bits text: String) {
    guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
    self.init(bitPattern: bits)
  }
}

extension Value: WireRecord {
  /// The value itself, but a number that JSON has not is `{"$bits": "7ff8000000000000"}`, and an object whose only
  /// member begins with `$` stands in `{"$object": …}`.
  package var wire: Value {
    switch self {
    case .real(let number) where !number.isFinite: ["$bits": .text(number.bits)]
    case .list(let values): .list(values.map(\.wire))
    case .object(let members):
      members.count == 1 && members.keys.first?.utf8.first == UInt8(ascii: "$")
        ? ["$object": .object(members.mapValues(\.wire))] : .object(members.mapValues(\.wire))
    default: self
    }
  }

  package init(wire: Value) throws {
    switch wire {
    case .list(let values): self = .list(try values.map { try Value(wire: $0) })
    case .object(let members):
      if members.count == 1, case .text(let text)? = members["$bits"], let number = Double(bits: text) {
        self = .real(number)
      } else if members.count == 1, case .object(let inner)? = members["$object"] {
        self = .object(try inner.mapValues { try Value(wire: $0) })
      } else {
        self = .object(try members.mapValues { try Value(wire: $0) })
      }
    default: self = wire
    }
  }
}
