/// When a transaction that was acknowledged is safe from what.
public enum SQLDurability: Sendable {
  /// On the disk before the call returns: survives a power cut.
  case full
  /// Survives the death of the process; a power cut may take what was written in the last second.
  case relaxed
}

/// A database that many threads and processes use at once: transactions that write one after the other, readers
/// beside them.
public protocol SQLDatabase: Sendable {
  /// Reads from one snapshot: what other connections commit meanwhile is not seen.
  ///
  /// Inside `write`, on the same thread, it reads through the transaction in progress.
  func read<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result

  /// Runs a closure in a transaction: committed when it returns, rolled back when it throws.
  ///
  /// Waits its turn behind the writers of this and other processes. Must not be called inside `write`.
  ///
  /// - Throws: what the closure throws; `.busy` if another process holds the write lock beyond the limit.
  @discardableResult
  func write<Result>(_ durability: SQLDurability, _ body: (any SQLConnection) throws -> Result) throws -> Result

  /// Examines the whole database; slow for a large one.
  ///
  /// - Returns: a sentence for each thing that is wrong; none for a sound database.
  func problems() throws -> [String]

  /// Makes relaxed transactions durable and lets go of everything. Using the database afterwards is a mistake.
  func close() throws
}
