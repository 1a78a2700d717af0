internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func record(_ change: TokenChange) throws {
    switch change {
    case .create(let token):
      guard !token.id.isEmpty else { throw TrackingError(.invalid, "a token needs an id; this one's is empty.") }
      if try connection.firstText("SELECT id FROM tokens WHERE id = $1", [.text(token.id)]) != nil {
        throw TrackingError(.conflict, "there is a token '\(token.id)' already; a new one needs an id of its own.")
      }
      let run = try token.run.map { try target($0).row }
      try connection.run(
        "INSERT INTO tokens (id, hash, scope, run, created, expires, event) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
          .text(token.id), .text(token.hash.hex), .text(token.scope.rawValue), SQLValue(run), SQLValue(token.created),
          token.expires.map { SQLValue($0) } ?? .null, .integer(nextEvent(sweep: nil)),
        ])
    case .revoke(let id):
      guard try connection.run("DELETE FROM tokens WHERE id = $1", [.text(id)]) > 0 else {
        throw TrackingError(.notFound, "there is no token '\(id)'; `runs token list` shows those that are.")
      }
      _ = nextEvent(sweep: nil)
    }
  }
}
