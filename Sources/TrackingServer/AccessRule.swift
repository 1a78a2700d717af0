public import Tracking

/// What a request may do.
public struct AccessGrant: Sendable, Equatable {
  /// How much.
  public var scope: AccessToken.Scope
  /// The one run, with those below it, that it is for; nil for all.
  public var run: RunID?

  /// Allows a scope, on a run and those below it or (nil) on all.
  public init(_ scope: AccessToken.Scope, run: RunID? = nil) {
    self.scope = scope
    self.run = run
  }
}

/// Decides what a request may do by the token that it brings.
public struct AccessRule: Sendable {
  /// True when a request without a valid token is refused.
  public let requiresToken: Bool
  /// Returns what a token (nil: none was brought) allows; nil for nothing. Called for each request on the thread that reads
  /// the connections, so it answers at once, from memory.
  let grant: @Sendable (String?) -> AccessGrant?

  /// Makes a rule of a function.
  ///
  /// - Parameter grant: given the text of a token, as it came as bearer or as the password of basic; compares in constant
  ///   time, and does not block.
  public init(requiresToken: Bool = true, grant: @escaping @Sendable (_ token: String?) -> AccessGrant?) {
    self.requiresToken = requiresToken
    self.grant = grant
  }

  /// Everyone may do everything: for servers that only this machine reaches.
  public static let everyone = AccessRule(requiresToken: false) { _ in AccessGrant(.admin) }

  /// One token for everything that `grant` allows.
  public static func token(_ token: String, _ grant: AccessGrant = AccessGrant(.admin)) -> AccessRule {
    let wanted = Array(token.utf8)
    return AccessRule { brought in
      guard let brought, Self.isEqual(Array(brought.utf8), wanted) else { return nil }
      return grant
    }
  }

  /// Compares in a time that depends on the lengths alone.
  public static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for place in left.indices { difference |= left[place] ^ right[place] }
    return difference == 0
  }
}
