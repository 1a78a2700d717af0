internal import Synchronization
internal import Tracking

/// A logger that a server keeps open. Points that several threads log at once go there together.
///
/// Dropped without being closed, it asks the server to close it, and does not wait for that.
final class RemoteLogger: MetricLogger {
  private struct State {
    /// Points to be sent, in order.
    var waiting: [LoggedPoint] = []
    /// The number of the first of them, in the order of all points.
    var first = 0
    /// Why a point was not logged, by its number.
    var refusals: [Int: any Error] = [:]
    var isClosed = false
  }

  private let client: TrackingClient
  private let run: RunID
  private let attempt: Int
  private let state = Mutex(State())
  /// The server's id of the logger; held while points are on their way.
  private let sending: Mutex<String>

  init(_ client: TrackingClient, run: RunID) throws {
    self.client = client
    self.run = run
    let opened: OpenedLogger = try client.call(.openLogger, ["run": run])
    attempt = opened.attempt
    sending = Mutex(opened.id)
  }

  deinit {
    guard !state.withLock({ $0.isClosed }) else { return }
    client.send(.closeLogger, ["logger": sending.withLock { $0 }])
  }

  func log(_ metric: String, step: Int64, value: Double, time: Timestamp) throws {
    let point = LoggedPoint(metric, MetricPoint(step: step, time: time, value: value))
    let number = try state.withLock { state in
      guard !state.isClosed else { throw closed }
      state.waiting.append(point)
      return state.first + state.waiting.count - 1
    }
    try sending.withLock { id in
      // Whoever had the turn before may have sent this point with its own.
      let points = state.withLock { state -> [LoggedPoint] in
        guard number >= state.first else { return [] }
        defer {
          state.first += state.waiting.count
          state.waiting = []
        }
        return state.waiting
      }
      if !points.isEmpty { send(points, id: &id) }
      if let refusal = state.withLock({ $0.refusals.removeValue(forKey: number) }) { throw refusal }
    }
  }

  // Takes the points that were the first of those waiting to the server.
  private func send(_ points: [LoggedPoint], id: inout String) {
    let first = state.withLock { $0.first } - points.count
    do {
      let refused = try deliver(points, id: &id)
      guard !refused.isEmpty else { return }
      state.withLock { state in
        for (place, refusal) in refused { if let place = Int(place) { state.refusals[first + place] = refusal } }
      }
    } catch {
      state.withLock { state in for place in points.indices { state.refusals[first + place] = error } }
    }
  }

  private func deliver(_ points: [LoggedPoint], id: inout String) throws -> [String: TrackingError] {
    // Closed while these waited.
    guard !state.withLock({ $0.isClosed }) else { throw closed }
    do {
      return try client.call(.log, ["logger": id, "points": points])
    } catch let error as TrackingError where error.code == .notFound {
      try reopen(&id)
      return try client.call(.log, ["logger": id, "points": points])
    }
  }

  // The server was restarted, or forgot the logger: what it acknowledged is safe.
  private func reopen(_ id: inout String) throws {
    let opened: OpenedLogger = try client.call(.openLogger, ["run": run])
    guard opened.attempt == attempt else {
      client.send(.closeLogger, ["logger": opened.id])
      throw TrackingError(
        .conflict,
        "attempt \(attempt) of run '\(run)', which this logger belongs to, does not count any more; open another logger"
      )
    }
    id = opened.id
  }

  func flush() throws {
    try sending.withLock { id in
      do {
        let _: Bool = try client.call(.flushLogger, ["logger": id])
      } catch let error as TrackingError where error.code == .notFound {
        // Closed by the server, and readable by that.
        try client.recoverMetrics()
      }
    }
  }

  func close() throws {
    try sending.withLock { id in
      guard !state.withLock({ $0.isClosed }) else { return }
      do {
        let _: Bool = try client.call(.closeLogger, ["logger": id])
      } catch let error as TrackingError where error.code == .notFound {
        try client.recoverMetrics()
      }
      state.withLock { $0.isClosed = true }
    }
  }

  private var closed: TrackingError {
    TrackingError(.conflict, "the logger of run '\(run)' is closed, so it takes no more points; open another one.")
  }
}
