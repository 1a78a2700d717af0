import CSQLite
import Glibc
import SQL

extension SQLError {
  /// Words a failure of SQLite as a fact and what to do about it.
  init(_ database: OpaquePointer?, _ status: Int32, sql: String? = nil) {
    let number = database.map { sqlite3_extended_errcode($0) } ?? status
    let told =
      database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? String(cString: sqlite3_errstr(status))
    let path = database.flatMap { sqlite3_db_filename($0, "main") }.map { String(cString: $0) } ?? ""
    let name = path.isEmpty ? "the database in memory" : "the database '\(path)'"
    // SQLite knows a full disk by ENOSPC alone; a quota and a limit on sizes are as full.
    let system = status & 0xff == SQLITE_IOERR ? database.map { Self.systemError($0, status) } ?? 0 : 0
    let (code, message): (Code, String) =
      switch status & 0xff {
      case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(system):
        (
          .full,
          "there is no room for \(name): \(errorText(system)); nothing of this step was kept. Make room and try again."
        )
      case SQLITE_IOERR where system == EROFS:
        (.readOnly, "\(name) cannot be written: \(errorText(system)). See how its disk is mounted.")
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

  // The system's own number for a failed read or write.
  private static func systemError(_ database: OpaquePointer, _ status: Int32) -> Int32 {
    let written = status == SQLITE_IOERR | 3 << 8 ? runs_sqlite3_log_errno(database) : 0
    return written == 0 ? sqlite3_system_errno(database) : written
  }
}
