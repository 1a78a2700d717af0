/// A right to use a server of this store. The token itself is not kept, only its hash.
public struct AccessToken: Sendable, Equatable {
  /// What a token allows; each includes those before it.
  public enum Scope: String, Sendable, CaseIterable {
    /// Reading.
    case read
    /// Recording runs and what belongs to them.
    case log
    /// Everything, deleting too.
    case admin
  }

  /// Its name for people, as in `runs token list`: 8 letters and digits.
  public var id: String
  /// The SHA-256 of the token's text.
  public var hash: Digest
  /// What it allows.
  public var scope: Scope
  /// The one run that it is for, with those below it; nil for all.
  public var run: RunID?
  /// When it was made.
  public var created: Timestamp
  /// When it ends by itself; nil for never.
  public var expires: Timestamp?

  /// Makes a token's record of all its fields.
  public init(
    id: String, hash: Digest, scope: Scope, run: RunID? = nil, created: Timestamp, expires: Timestamp? = nil
  ) {
    self.id = id
    self.hash = hash
    self.scope = scope
    self.run = run
    self.created = created
    self.expires = expires
  }
}

/// A change of who may use a server.
public enum TokenChange: Sendable, Equatable {
  /// Records a token. `.conflict` when its id is taken; `.notFound` for an unknown run.
  case create(AccessToken)
  /// Ends a token's right. `.notFound` where there is none.
  case revoke(id: String)
}
