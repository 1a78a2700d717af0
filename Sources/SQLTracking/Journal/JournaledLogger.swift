internal import Glibc
internal import SQL
internal import Tracking

/// Logs points into a journal, which a thread of its own takes over into the database.
///
/// Dropped without being closed, it closes itself; what could not be taken over stays in the journal for the next one
/// who opens the store.
final class JournaledLogger: MetricLogger {
  private let intake: JournalIntake

  init(_ journal: MetricJournal, store: SQLTrackingStore, row: Int64) throws {
    intake = JournalIntake(journal, store: store, row: row)
    try intake.start()
  }

  deinit { _ = try? intake.close() }

  func log(_ metric: String, step: Int64, value: Double, time: Timestamp) throws {
    try intake.log(metric, step: step, value: value, time: time)
  }

  func flush() throws { try intake.takeOver() }
  func close() throws { try intake.close() }
}

/// The journal of a logger, the state of its ring and the thread that empties it.
private final class JournalIntake: @unchecked Sendable {  // `monitor` protects every variable.
  private let journal: MetricJournal
  private let store: SQLTrackingStore
  private let row: Int64
  private let monitor = Monitor()
  /// Held while points are taken over, so that a flush waits for the thread.
  private let takingOver = Monitor()
  private var numbers: [ExactText: UInt32] = [:]
  /// The number of the next point.
  private var written: UInt64 = 0
  /// The number of the first point that is not in the database.
  private var taken: UInt64 = 0
  private var failure: (any Error)?
  private var isClosed = false
  private var thread: Thread?

  /// Points that wait for this long, in seconds, are taken over...
  private static let delay = 0.2
  /// ...and so are this many.
  private static let batch = 4_096
  /// Seconds until what failed is tried again.
  private static let pause = 1.0

  init(_ journal: MetricJournal, store: SQLTrackingStore, row: Int64) {
    self.journal = journal
    self.store = store
    self.row = row
  }

  func start() throws {
    do {
      thread = try Thread { self.work() }
    } catch {
      journal.remove()
      throw error
    }
  }

  func log(_ metric: String, step: Int64, value: Double, time: Timestamp) throws {
    try monitor.locked {
      guard !isClosed else { throw TrackingError.closedLogger(of: journal.run) }
      let name = try numbers[ExactText(metric)] ?? define(metric)
      while written - taken == UInt64(MetricJournal.slots) {
        if let failure {
          throw TrackingError(
            (failure as? TrackingError)?.code ?? .system,
            "the journal '\(journal.path)' is full, since its points cannot be written to the store: \(failure)")
        }
        monitor.wait()
        guard !isClosed else { throw TrackingError.closedLogger(of: journal.run) }
      }
      journal.write(written, name: name, step: step, time: time.milliseconds, value: value)
      written += 1
      if written - taken == 1 || written - taken == UInt64(Self.batch) { monitor.wakeAll() }
    }
  }

  /// Takes over every point logged by now.
  func takeOver(_ isLast: Bool = false) throws {
    try takingOver.locked {
      let (range, names) = monitor.locked { (taken..<written, journal.names) }
      guard !range.isEmpty || isLast else { return }
      do {
        try store.takeOver(
          journal.points(range, names: names), of: journal, row: row, upTo: range.upperBound, isLast ? .full : .relaxed)
        monitor.locked {
          taken = range.upperBound
          failure = nil
          monitor.wakeAll()
        }
      } catch {
        monitor.locked {
          failure = error
          monitor.wakeAll()
        }
        throw error
      }
    }
  }

  func close() throws {
    let running = monitor.locked { () -> Thread? in
      defer { thread = nil }
      isClosed = true
      monitor.wakeAll()
      return thread
    }
    guard let running else { return }
    running.join()
    try takeOver(true)
    journal.remove()
  }

  /// The number of a metric that is logged for the first time; the lock is held.
  private func define(_ metric: String) throws -> UInt32 {
    guard !metric.isEmpty else {
      throw TrackingError(.invalid, "a metric of run '\(journal.run)' has no name; give it one.")
    }
    guard metric.utf8.count <= MetricJournal.longestName else {
      throw TrackingError(
        .invalid,
        "a metric of run '\(journal.run)' has a name of \(metric.utf8.count) bytes; at most "
          + "\(MetricJournal.longestName) are allowed.")
    }
    if let number = journal.define(metric) {
      numbers[ExactText(metric)] = number
      return number
    }
    // No room for names: once every point is in the database, nothing refers to them.
    while written != taken {
      if let failure { throw failure }
      monitor.wakeAll()
      monitor.wait()
    }
    numbers = [:]
    journal.forgetNames()
    return try define(metric)
  }

  private func work() {
    while true {
      let isWorkThere = monitor.locked { () -> Bool in
        while !isClosed, written == taken { monitor.wait() }
        let deadline = Monitor.deadline(after: failure == nil ? Self.delay : Self.pause)
        while !isClosed, failure != nil || written - taken < UInt64(Self.batch), monitor.wait(until: deadline) {}
        return !isClosed
      }
      guard isWorkThere else { return }
      // Kept in `failure`, and tried again.
      _ = try? takeOver()
    }
  }
}
