/// Something that has a form on the wire between a tracking client and a tracking server: `docs/design/wire.md`.
///
/// What is nil is left out, and what a reader does not know it passes over, so either end may be the newer one.
package protocol WireRecord: Sendable {
  /// The form on the wire.
  var wire: Value { get }

  /// Reads the form on the wire.
  ///
  /// - Throws: `.invalid` naming what is missing or wrong.
  init(wire: Value) throws
}

extension Value {
  /// An object of those members that are not nil.
  package static func record(_ members: [String: (any WireRecord)?]) -> Value {
    .object(members.compactMapValues { $0?.wire })
  }
}

/// The members of an object that came over the wire.
package struct WireFields {
  private let members: [String: Value]
  private let what: String

  /// Opens an object.
  ///
  /// - Parameter what: what it is, for messages: `a run`.
  /// - Throws: `.invalid` when it is no object.
  package init(_ value: Value, _ what: String) throws {
    guard case .object(let members) = value else {
      throw TrackingError(.invalid, "\(what) on the wire is a \(value.kindName); it should be an object")
    }
    self.members = members
    self.what = what
  }

  /// Returns a member that must be there.
  ///
  /// - Throws: `.invalid` when it is not, or is something else.
  package func get<Member: WireRecord>(_ name: String) throws -> Member {
    guard let member: Member = try optional(name) else {
      throw TrackingError(.invalid, "\(what) on the wire has no '\(name)'")
    }
    return member
  }

  /// Returns a member, or something in its place where it is not there.
  ///
  /// - Throws: `.invalid` when it is something else.
  package func get<Member: WireRecord>(_ name: String, or other: Member) throws -> Member {
    try optional(name) ?? other
  }

  /// Returns a member; nil where it is not there.
  ///
  /// - Throws: `.invalid` when it is something else.
  package func optional<Member: WireRecord>(_ name: String) throws -> Member? {
    guard let value = members[name] else { return nil }
    do {
      return try Member(wire: value)
    } catch let error as TrackingError {
      throw TrackingError(error.code, "'\(name)' of \(what): \(error.message)")
    }
  }
}

/// One of several things, on the wire an object with one member: its name, and what belongs to it.
package struct WireCase {
  /// Which one it is.
  package let name: String
  /// What belongs to it.
  package let value: Value
  private let what: String

  /// Opens a choice.
  ///
  /// - Parameter what: what it is, for messages: `a change`.
  /// - Throws: `.invalid` when it is no object with one member.
  package init(_ value: Value, _ what: String) throws {
    guard case .object(let members) = value, members.count == 1, let member = members.first else {
      throw TrackingError(.invalid, "\(what) on the wire should be an object with one member")
    }
    name = member.key
    self.value = member.value
    self.what = what
  }

  /// Opens what belongs to it as an object.
  package func fields() throws -> WireFields { try WireFields(value, "\(what) '\(name)'") }

  /// Why it cannot be read by this program.
  package var unknown: TrackingError {
    TrackingError(.invalid, "\(what) '\(name)' is unknown here; update the older one of client and server")
  }
}
