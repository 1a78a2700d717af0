import CSQLite
import SQL

extension SQLError {
  /// Words a failure of SQLite as a fact and what to do about it.
  init(_ database: OpaquePointer?, _ status: Int32, sql: String? = nil) {
    let number = database.map { sqlite3_extended_errcode($0) } ?? status
    let told =
      database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(status))
    let path = database.flatMap { sqlite3_db_filename($0, "main") }.map { String(cString: $0) } ?? ""
    let name = path.isEmpty ? "the database in memory" : "the database '\(path)'"
    let (code, message): (Code, String) =
      switch status & 0xff {
      case SQLITE_BUSY, SQLITE_LOCKED:
        (
          .busy,
          "\(name) stayed locked by another process beyond the limit; nothing was written. "
            + "See which program holds it (`fuser \(path)`) and try again."
        )
      case SQLITE_CONSTRAINT: (.constraint, "\(name) refused a row: \(told).")
      case SQLITE_CORRUPT:
        (
          .corrupt,
          "\(name) is damaged: \(told). Copy its folder before anything else; "
            + "`sqlite3 FILE .recover` saves what can be read."
        )
      case SQLITE_NOTADB: (.notADatabase, "'\(path)' is not a SQLite database; nothing was changed in it.")
      case SQLITE_FULL:
        (
          .full,
          "the disk is full, so \(name) could not be written; nothing of this step was kept. Make room and try again."
        )
      case SQLITE_READONLY, SQLITE_PERM:
        (.readOnly, "\(name) cannot be written: \(told). Check who owns the file and its folder.")
      case SQLITE_CANTOPEN:
        (.cannotOpen, "\(name) cannot be opened: \(told). Check that the folder exists and may be written.")
      case SQLITE_IOERR: (.disk, "reading or writing \(name) failed: \(told). Check the disk.")
      case SQLITE_ERROR, SQLITE_MISUSE, SQLITE_RANGE: (.misuse, "\(name): \(told).")
      default: (.other, "\(name): \(told).")
      }
    self.init(code, message, number: Int(number), sql: sql)
  }
}
