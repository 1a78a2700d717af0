extension TrackingError {
  static func notOnTheWire(_ value: Value, _ wanted: String) -> TrackingError {
    let shown = value.json
    let short = shown.utf8.count > 60 ? String(shown.prefix(60)) + "…" : shown
    return TrackingError(.invalid, "\(short) is no \(wanted)")
  }
}

extension String: WireRecord {
  package var wire: Value { .text(self) }
  package init(wire: Value) throws {
    guard case .text(let text) = wire else { throw TrackingError.notOnTheWire(wire, "text") }
    self = text
  }
}

extension Bool: WireRecord {
  package var wire: Value { .boolean(self) }
  package init(wire: Value) throws {
    guard case .boolean(let flag) = wire else { throw TrackingError.notOnTheWire(wire, "true or false") }
    self = flag
  }
}

extension Int64: WireRecord {
  package var wire: Value { .integer(self) }
  package init(wire: Value) throws {
    guard case .integer(let number) = wire else { throw TrackingError.notOnTheWire(wire, "whole number") }
    self = number
  }
}

extension Int: WireRecord {
  package var wire: Value { .integer(Int64(self)) }
  package init(wire: Value) throws { self.init(try Int64(wire: wire)) }
}

extension RunID: WireRecord {
  package var wire: Value { .text(text) }
  package init(wire: Value) throws {
    guard case .text(let text) = wire, let id = RunID(text) else { throw TrackingError.notOnTheWire(wire, "run id") }
    self = id
  }
}

extension Timestamp: WireRecord {
  package var wire: Value { .integer(milliseconds) }
  package init(wire: Value) throws { self.init(milliseconds: try Int64(wire: wire)) }
}

extension Digest: WireRecord {
  package var wire: Value { .text(hex) }
  package init(wire: Value) throws {
    guard case .text(let hex) = wire, let digest = Digest(hex: hex) else {
      throw TrackingError.notOnTheWire(wire, "SHA-256")
    }
    self = digest
  }
}

extension Array: WireRecord where Element: WireRecord {
  package var wire: Value { .list(map(\.wire)) }
  package init(wire: Value) throws {
    guard case .list(let values) = wire else { throw TrackingError.notOnTheWire(wire, "list") }
    self = try values.map { try Element(wire: $0) }
  }
}

extension Dictionary: WireRecord where Key == String, Value: WireRecord {
  package var wire: Tracking.Value { .object(mapValues(\.wire)) }
  package init(wire: Tracking.Value) throws {
    guard case .object(let members) = wire else { throw TrackingError.notOnTheWire(wire, "object") }
    self = try members.mapValues { try Value(wire: $0) }
  }
}

// A choice of words is its word.
extension WireRecord where Self: RawRepresentable, RawValue == String {
  package var wire: Value { .text(rawValue) }
  package init(wire: Value) throws {
    guard case .text(let word) = wire, let known = Self(rawValue: word) else {
      throw TrackingError.notOnTheWire(wire, "\(Self.self) known here")
    }
    self = known
  }
}

extension RunKind: WireRecord {}
extension RunState: WireRecord {}
extension RunQuery.Stage: WireRecord {}
extension RunField.Attribute: WireRecord {}
extension RunField.DatasetProperty: WireRecord {}
extension FilterClause.NumberOperator: WireRecord {}
extension Decision.Kind: WireRecord {}
extension LoggedModel.Status: WireRecord {}
extension AccessToken.Scope: WireRecord {}
extension TrackingError.Code: WireRecord {}
