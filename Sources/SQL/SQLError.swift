/// What went wrong in a database.
public struct SQLError: Error, Sendable, CustomStringConvertible {
  /// What to switch on.
  public enum Code: String, Sendable {
    /// Another process kept the write lock beyond the limit.
    case busy
    /// A unique, foreign-key, check or not-null rule refused the statement.
    case constraint
    /// The content is damaged.
    case corrupt
    /// The disk, or the largest size allowed, is full.
    case full
    /// Reading or writing the disk failed.
    case disk
    /// The file cannot be opened or made.
    case cannotOpen
    /// The file or its folder cannot be written.
    case readOnly
    /// The file is something else than a database.
    case notADatabase
    /// A statement of ours is wrong.
    case misuse
    /// Anything else.
    case other
  }

  /// What to switch on.
  public let code: Code
  /// What happened and what to do, for a person.
  public let message: String
  /// The database's own number for it, 0 if it has none; for SQLite the extended result code.
  public let number: Int
  /// The statement, without its arguments.
  public let sql: String?

  /// Makes an error.
  public init(_ code: Code, _ message: String, number: Int = 0, sql: String? = nil) {
    self.code = code
    self.message = message
    self.number = number
    self.sql = sql
  }

  /// The message, the number and the statement.
  public var description: String {
    var text = message
    if number != 0 { text += " [code \(number)]" }
    if let sql { text += " [in: \(sql)]" }
    return text
  }
}
