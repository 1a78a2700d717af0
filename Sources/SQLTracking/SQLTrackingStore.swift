internal import Glibc
public import SQL
internal import Schema
internal import Synchronization
public import Tracking

/// The tracking API on an SQL database.
///
/// Changes of records are on the disk when they are acknowledged; metric points survive the death of the process then,
/// and a power cut a second later: `docs/design/durability.md`.
public final class SQLTrackingStore: TrackingStore {
  let database: any SQLDatabase
  let clock: Clock
  let journalFolder: String?
  let names = Names()
  // Packing needs buffers and a zstd context, each for one thread at a time.
  private let idleChunks = Mutex<[MetricChunk]>([])
  // What a trial was created with never changes: a sweep that asks after every trial reads it once.
  let configurations = Mutex<[Int64: Configuration]>([:])

  /// What never changes of a trial.
  struct Configuration: Sendable {
    var run: RunID
    var parameters: [Parameter]
    var continues: RunID?
  }

  /// The system's clock.
  public static let systemClock: Clock = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Opens the store in a database, makes or migrates it where needed, and takes over what dead loggers left.
  ///
  /// - Parameters:
  ///   - journalFolder: where loggers keep points until they are in the database, on a local disk; made when needed.
  ///     Without one, each point that is logged is a transaction.
  ///   - clock: stamps what is recorded.
  /// - Throws: `.incompatible` for a database of a newer program.
  public init(
    _ database: any SQLDatabase, journalFolder: String?, clock: @escaping Clock = SQLTrackingStore.systemClock
  ) throws {
    self.database = database
    self.clock = clock
    self.journalFolder = journalFolder
    try Self.translating { try Migrator(migrations: Schema.migrations).migrate(database, now: clock()) }
    // What cannot be taken over now stays in its journal; `recoverMetrics` says why. Reading must not fail for it.
    _ = try? recoverMetrics()
  }

  /// Makes what was written durable and lets go of the database.
  public func close() throws { try Self.translating { try database.close() } }

  /// Examines the whole database and every metric chunk; slow for a large store.
  ///
  /// - Returns: a sentence for each thing that is wrong.
  public func problems() throws -> [String] {
    try Self.translating { try database.problems() } + reading { try damagedChunks($0) }
  }

  // MARK: - For the other files of this room

  func reading<Result>(_ body: (any SQLConnection) throws -> Result) throws -> Result {
    try Self.translating { try database.read(body) }
  }

  /// Runs a transaction with the names that it may make.
  func writing<Result>(
    _ durability: SQLDurability, _ body: (any SQLConnection, inout [ExactText: Int64]) throws -> Result
  ) throws -> Result {
    try Self.translating {
      var fresh: [ExactText: Int64] = [:]
      let result = try database.write(durability) { try body($0, &fresh) }
      names.learn(fresh)
      return result
    }
  }

  func withChunk<Result>(_ body: (MetricChunk) throws -> Result) rethrows -> Result {
    let chunk = idleChunks.withLock { $0.popLast() } ?? MetricChunk()
    defer { idleChunks.withLock { $0.append(chunk) } }
    return try body(chunk)
  }

  private static func translating<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as SQLError { throw TrackingError(error) }
  }
}
