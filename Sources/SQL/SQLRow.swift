/// One row of a result, valid only inside the closure that it is handed to.
///
/// Columns count from 0.
public protocol SQLRow {
  /// Whether the column holds NULL.
  func isNull(_ column: Int) -> Bool
  /// The column as a whole number, or `nil` for NULL.
  func optionalInteger(_ column: Int) -> Int64?
  /// The column as a floating-point number, or `nil` for NULL.
  func optionalReal(_ column: Int) -> Double?
  /// The column as text, or `nil` for NULL.
  func optionalText(_ column: Int) -> String?
  /// The column as it is.
  func value(_ column: Int) -> SQLValue
  /// Hands the column's bytes to a closure without copying them; no bytes for NULL.
  func withBytes<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension SQLRow {
  /// The column as a whole number.
  ///
  /// - Throws: `.corrupt` if the column is NULL.
  public func integer(_ column: Int) throws -> Int64 {
    guard let value = optionalInteger(column) else { throw missing(column, "a number") }
    return value
  }

  /// The column as an `Int`.
  ///
  /// - Throws: `.corrupt` if the column is NULL.
  public func int(_ column: Int) throws -> Int { Int(try integer(column)) }

  /// The column as a floating-point number.
  ///
  /// - Throws: `.corrupt` if the column is NULL.
  public func real(_ column: Int) throws -> Double {
    guard let value = optionalReal(column) else { throw missing(column, "a number") }
    return value
  }

  /// The column as text.
  ///
  /// - Throws: `.corrupt` if the column is NULL.
  public func text(_ column: Int) throws -> String {
    guard let value = optionalText(column) else { throw missing(column, "a text") }
    return value
  }

  /// A copy of the column's bytes; none for NULL.
  public func bytes(_ column: Int) -> [UInt8] { withBytes(column) { Array($0) } }

  private func missing(_ column: Int, _ wanted: String) -> SQLError {
    SQLError(
      .corrupt,
      "column \(column) of a result is NULL where \(wanted) was expected: the database is damaged, "
        + "or was written by something else; check it with `PRAGMA integrity_check`.")
  }
}
