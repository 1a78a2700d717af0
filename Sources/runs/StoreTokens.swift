internal import Synchronization
internal import Tracking
internal import TrackingServer

/// The tokens of a store, kept in memory while it is served.
final class StoreTokens: Sendable {
  private let tokens = Mutex<[AccessToken]>([])

  /// True where the store has none.
  var isEmpty: Bool { tokens.withLock(\.isEmpty) }

  /// Reads what the store has now.
  func read(_ store: any TrackingReader) throws {
    let found = try store.accessTokens()
    tokens.withLock { $0 = found }
  }

  /// Returns what a token allows; nil for one that is unknown, revoked or at its end.
  func grant(_ token: String) -> AccessGrant? {
    let hash = Array(Digest(hashing: token).hex.utf8)
    let known = tokens.withLock { tokens in
      // Every one is compared, so that the time tells nothing.
      tokens.reduce(nil as AccessToken?) { AccessRule.isEqual(Array($1.hash.hex.utf8), hash) ? $1 : $0 }
    }
    guard let known, known.expires.map({ Timestamp.now() < $0 }) ?? true else { return nil }
    return AccessGrant(known.scope, run: known.run)
  }
}
