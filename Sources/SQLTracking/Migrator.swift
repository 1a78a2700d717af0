internal import SQL
internal import Schema
internal import Tracking

/// Brings a database to the newest shape, one migration a transaction, each recorded with its checksum.
struct Migrator {
  let migrations: [Migration]

  /// Applies what is missing. Processes that open a new database at once wait for each other.
  ///
  /// - Throws: `.incompatible` for a database from the future or one whose migrations were others.
  func migrate(_ database: any SQLDatabase, now: Timestamp) throws {
    if try isCurrent(database) { return }
    try database.write(.full) { connection in
      try connection.runScript(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied INTEGER NOT NULL)
        """)
    }
    for migration in migrations {
      try database.write(.full) { connection in
        // Another process may have been faster.
        guard try missing(connection).contains(migration) else { return }
        try connection.runScript(migration.sql)
        try connection.run(
          "INSERT INTO schema_migrations (version, name, checksum, applied) VALUES ($1, $2, $3, $4)",
          [
            SQLValue(migration.version), .text(migration.name), .text(migration.checksum),
            .integer(now.milliseconds),
          ])
      }
    }
  }

  private func isCurrent(_ database: any SQLDatabase) throws -> Bool {
    do {
      return try database.read { try missing($0).isEmpty }
    } catch let error as SQLError where error.code == .misuse {
      // No such table: a new database.
      return false
    }
  }

  /// The migrations that the database lacks, oldest first.
  private func missing(_ connection: any SQLConnection) throws -> [Migration] {
    let applied = try connection.rows("SELECT version, name, checksum FROM schema_migrations ORDER BY version") {
      (version: try $0.int(0), name: try $0.text(1), checksum: try $0.text(2))
    }
    if let newest = applied.last, newest.version > migrations.count {
      throw TrackingError(
        .incompatible,
        "this store has the shape of version \(newest.version) ('\(newest.name)'), and this program knows versions up "
          + "to \(migrations.count): it was written by a newer program. Use that one; nothing was changed.")
    }
    for (migration, found) in zip(migrations, applied)
    where found.version != migration.version || found.checksum != migration.checksum {
      throw TrackingError(
        .incompatible,
        "version \(found.version) ('\(found.name)') of this store was made by another text than this program's version "
          + "\(migration.version) ('\(migration.name)'): checksum \(found.checksum.prefix(12)) where "
          + "\(migration.checksum.prefix(12)) was expected. Use the program that made the store; nothing was changed.")
    }
    return Array(migrations.dropFirst(applied.count))
  }
}

extension Migration {
  /// The SHA-256 of its text.
  var checksum: String { Digest(hashing: sql).hex }
}
