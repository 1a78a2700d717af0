/// What a store, a plugin or a session refuses, and why.
public struct TrackingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of refusal it is: what a program switches on.
  public enum Code: String, Sendable, CaseIterable {
    /// There is no such record.
    case notFound
    /// A prefix fits several records.
    case ambiguous
    /// The record is in a state, or has a value, that forbids it.
    case conflict
    /// The request itself makes no sense.
    case invalid
    /// What is stored is damaged.
    case corrupt
    /// The store was written by a newer program, or by another one.
    case incompatible
    /// Another process holds what is needed.
    case busy
    /// There is no room left: the disk is full, or a quota or a limit on sizes is reached. Later there may be.
    case full
    /// What is stored can be read, and cannot be written.
    case readOnly
    /// The system below refused: disk, file, database.
    case system
  }

  /// The kind of refusal.
  public var code: Code
  /// What was asked, of which record, what was found, what to do now.
  public var message: String

  /// Makes a refusal.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
