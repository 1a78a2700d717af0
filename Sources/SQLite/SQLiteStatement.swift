import CSQLite
import SQL

/// A prepared statement of one connection.
final class SQLiteStatement {
  let sql: String
  let handle: OpaquePointer
  /// SQLite's number of each placeholder: that of `$1` first; 0 where the text lacks it.
  private let places: [Int32]
  /// When it was last used, for dropping the oldest.
  var lastUse = 0

  /// - Throws: `.misuse` for a text that is not one statement.
  init(_ sql: String, in database: OpaquePointer) throws {
    var handle: OpaquePointer?
    let status = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard status == SQLITE_OK else { throw SQLError(database, status, sql: sql) }
    guard let handle else { throw SQLError(.misuse, "an empty text is no statement.", sql: sql) }
    self.sql = sql
    self.handle = handle
    // `$1` is a name to SQLite, numbered by first appearance: look each one up.
    let count = Int(sqlite3_bind_parameter_count(handle))
    places = count == 0 ? [] : (1...count).map { sqlite3_bind_parameter_index(handle, "$\($0)") }
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ arguments: [SQLValue]) throws {
    guard arguments.count == places.count, !places.contains(0) else {
      throw SQLError(
        .misuse,
        "\(arguments.count) arguments for a statement of \(places.count) placeholders "
          + "(they must be $1 to $\(places.count)).", sql: sql)
    }
    for (place, argument) in zip(places, arguments) {
      let status = bind(argument, at: place)
      guard status == SQLITE_OK else {
        if case .real = argument, status == SQLITE_MISUSE {
          throw SQLError(.misuse, "a NaN cannot be stored as a number; bind its bits as an integer.", sql: sql)
        }
        throw SQLError(sqlite3_db_handle(handle), status, sql: sql)
      }
    }
  }

  /// Makes the statement ready for its next use, and drops what was bound.
  func reset() {
    sqlite3_reset(handle)
    if !places.isEmpty { sqlite3_clear_bindings(handle) }
  }

  private func bind(_ value: SQLValue, at place: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(handle, place)
    case .integer(let number): return sqlite3_bind_int64(handle, place, number)
    case .real(let number): return number.isNaN ? SQLITE_MISUSE : sqlite3_bind_double(handle, place, number)
    case .text(var text):
      // A null pointer would bind NULL, so that an empty text needs a byte to point to.
      guard !text.isEmpty else { return sqlite3_bind_text(handle, place, "", 0, Self.copied) }
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text(handle, place, $0.baseAddress, Int32($0.count), Self.copied)
        }
      }
    case .blob(let bytes):
      guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, place, 0) }
      return bytes.withUnsafeBytes {
        sqlite3_bind_blob(handle, place, $0.baseAddress, Int32($0.count), Self.copied)
      }
    }
  }

  /// SQLITE_TRANSIENT: SQLite copies what it is handed.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// The row that a statement stands at.
struct SQLiteRow: SQLRow {
  let handle: OpaquePointer

  func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

  func optionalInteger(_ column: Int) -> Int64? {
    isNull(column) ? nil : sqlite3_column_int64(handle, Int32(column))
  }

  func optionalReal(_ column: Int) -> Double? { isNull(column) ? nil : sqlite3_column_double(handle, Int32(column)) }

  func optionalText(_ column: Int) -> String? {
    guard let start = sqlite3_column_text(handle, Int32(column)) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  func value(_ column: Int) -> SQLValue {
    switch sqlite3_column_type(handle, Int32(column)) {
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, Int32(column)))
    case SQLITE_FLOAT: .real(sqlite3_column_double(handle, Int32(column)))
    case SQLITE_TEXT: SQLValue(optionalText(column))
    case SQLITE_BLOB: .blob(withBytes(column) { Array($0) })
    default: .null
    }
  }

  func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let start = sqlite3_column_blob(handle, Int32(column))
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }
}
