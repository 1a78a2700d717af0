internal import Tracking

/// Records what requests bring in groups: one thread takes all that waits, and makes one transaction of it.
final class GroupCommitter: Sendable {
  /// Told what became of a batch, on the committer's thread.
  typealias Done = @Sendable (Result<EventNumber, any Error>) -> Void

  private struct State {
    var waiting: [(batch: WriteBatch, done: Done)] = []
    var isRunning = false
    var isClosed = false
  }

  /// How many batches one transaction holds at most, so that none waits for a transaction without end.
  private static let largestGroup = 512

  private let writer: any TrackingWriter
  private let state = Monitor(State())

  init(_ writer: any TrackingWriter) { self.writer = writer }

  /// Hands a batch over; `done` is called when it is on the disk, or refused.
  func submit(_ batch: WriteBatch, done: @escaping Done) {
    let starts: Bool? = state.change(waking: .one) { state in
      guard !state.isClosed else { return nil }
      state.waiting.append((batch, done))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard let starts else {
      return done(.failure(APIError(.temporarilyUnavailable, "the server is stopping; send the request again")))
    }
    if starts { startThread { self.loop() } }
  }

  /// Records a batch, and returns when it is on the disk.
  @discardableResult
  func write(_ batch: WriteBatch) throws -> EventNumber {
    let result = Monitor<Result<EventNumber, any Error>?>(nil)
    submit(batch) { done in result.change { $0 = done } }
    return try result.wait { $0 }.get()
  }

  /// Ends the thread when all that was handed over is recorded, and waits for that.
  func close() {
    state.change { $0.isClosed = true }
    state.wait { $0.isRunning ? nil : () }
  }

  private func loop() {
    while let group = take() { record(group) }
    state.change { $0.isRunning = false }
  }

  private func take() -> [(batch: WriteBatch, done: Done)]? {
    state.wait { state -> [(batch: WriteBatch, done: Done)]?? in
      if state.waiting.isEmpty { return state.isClosed ? .some(nil) : nil }
      guard state.waiting.count > Self.largestGroup else {
        defer { state.waiting = [] }
        return .some(state.waiting)
      }
      defer { state.waiting.removeFirst(Self.largestGroup) }
      return .some(Array(state.waiting.prefix(Self.largestGroup)))
    }
  }

  private func record(_ group: [(batch: WriteBatch, done: Done)]) {
    do {
      let results = try writer.write(group.map(\.batch))
      for (entry, result) in zip(group, results) { entry.done(result.mapError { $0 }) }
    } catch {
      guard group.count > 1 else { return group[0].done(.failure(error)) }
      // Nothing was recorded. One batch may be the cause (it meets damage, or is too large for what room is left), and the
      // others must not pay for it.
      for entry in group { record([entry]) }
    }
  }
}
