internal import Synchronization
internal import Tracking

/// The loggers that clients opened, each by an id that only its client knows.
///
/// One that was not used for an hour is closed when another is opened, as is the one that was idle longest when there
/// are too many; its client opens another then.
final class LoggerTable: Sendable {
  /// An open logger.
  struct Entry: Sendable {
    /// The run that it logs to.
    var run: RunID
    /// What it logs with.
    var logger: any MetricLogger
    /// When it was last used.
    var used: Timestamp
  }

  private static let idleMilliseconds: Int64 = 3_600_000
  private static let most = 1_000

  private let clock: Clock
  private let random: @Sendable () -> UInt64
  private let entries = Mutex<[String: Entry]>([:])

  init(clock: @escaping Clock, random: @escaping @Sendable () -> UInt64) {
    self.clock = clock
    self.random = random
  }

  /// Takes a logger in, and returns its id. Blocks where others are closed for it.
  func add(_ logger: any MetricLogger, to run: RunID) throws -> String {
    let now = clock()
    let id = String(random(), radix: 36) + String(random(), radix: 36)
    let closed = entries.withLock { entries in
      var left = entries.filter { $0.value.used.milliseconds(to: now) > Self.idleMilliseconds }.map(\.key)
      if left.isEmpty, entries.count >= Self.most {
        left = entries.min { $0.value.used < $1.value.used }.map { [$0.key] } ?? []
      }
      entries[id] = Entry(run: run, logger: logger, used: now)
      return left.compactMap { entries.removeValue(forKey: $0)?.logger }
    }
    // What one of them cannot write stays in its journal, and is no fault of this request.
    for logger in closed { _ = try? logger.close() }
    return id
  }

  /// Returns a logger; nil where there is none of this id.
  func find(_ id: String) -> Entry? {
    let now = clock()
    return entries.withLock { entries in
      entries[id]?.used = now
      return entries[id]
    }
  }

  /// Forgets a logger that was closed.
  func remove(_ id: String) { entries.withLock { _ = $0.removeValue(forKey: id) } }

  /// Closes all of them; what cannot be written stays in the journals.
  func closeAll() {
    let open = entries.withLock { entries in
      defer { entries = [:] }
      return entries.values.map(\.logger)
    }
    for logger in open { _ = try? logger.close() }
  }
}
