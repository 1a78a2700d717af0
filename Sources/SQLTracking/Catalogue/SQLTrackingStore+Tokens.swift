internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns the tokens that were not revoked, oldest first.
  public func accessTokens() throws -> [AccessToken] {
    try reading { connection in
      try connection.rows(
        """
        SELECT t.id, t.hash, t.scope, r.key, t.created, t.expires
        FROM tokens t LEFT JOIN runs r ON r.id = t.run ORDER BY t.event
        """
      ) {
        let id = try $0.text(0)
        guard let hash = Digest(hex: try $0.text(1)), let scope = AccessToken.Scope(rawValue: try $0.text(2)) else {
          throw TrackingError(.corrupt, "token '\(id)' has a hash or a scope that is none.")
        }
        return AccessToken(
          id: id, hash: hash, scope: scope, run: try $0.optionalText(3).map { try RunID(recorded: $0) },
          created: try $0.timestamp(4), expires: $0.optionalTimestamp(5))
      }
    }
  }
}
