internal import Glibc
internal import NIOCore
internal import Tracking

/// Records what requests bring in groups: a thread takes all that waits, and makes one transaction of it.
///
/// On a fast disk a second thread writes the next group while the first waits for the disk. On a slow one that would only make
/// more and smaller groups, so there is one at a time, and it waits a little for those who were answered a moment ago.
final class GroupCommitter: Sendable {
  /// Told what became of a batch, on its event loop or a thread of the committer's.
  typealias Done = @Sendable (Result<EventNumber, any Error>) -> Void

  private typealias Entry = (batch: WriteBatch, loop: (any EventLoop)?, done: Done)

  private struct State {
    var waiting: [Entry] = []
    /// Whether what waits is to be recorded now, and not only when more has come.
    var isCalled = false
    /// Threads of the committer's own.
    var threads = 0
    /// Groups that are being recorded.
    var underWay = 0
    /// Seconds that groups took lately.
    var pace = 0.0
    /// How many batches there were when the last group was done, its own included: as many may be here soon.
    var expected = 0
    var isClosed = false

    var isSlow: Bool { pace > GroupCommitter.slowPace }
    var isFree: Bool { underWay < (isSlow ? 1 : GroupCommitter.mostGroups) }
  }

  /// How many batches one transaction holds at most, so that none waits for a transaction without end.
  private static let largestGroup = 512
  /// How many groups are under way at once.
  private static let mostGroups = 2
  /// Seconds a group beyond which the disk counts as slow: eight clients come back in less.
  private static let slowPace = 0.000_5

  private let writer: any TrackingWriter
  private let state = Monitor(State())

  init(_ writer: any TrackingWriter) { self.writer = writer }

  /// Hands a batch over; `done` is called when it is on the disk, or refused.
  ///
  /// - Parameter loop: the event loop that this is called on, if it is one: what its other connections have brought by now
  ///   is recorded together, and it is told of the whole group at once.
  func submit(_ batch: WriteBatch, on loop: (any EventLoop)? = nil, done: @escaping Done) {
    let calls: Bool? = state.change(waking: .nobody) { state in
      guard !state.isClosed else { return nil }
      state.waiting.append((batch, loop, done))
      // Whoever gathers a group on a slow disk looks again with each.
      return state.waiting.count == 1 || state.isSlow
    }
    guard let calls else {
      return done(.failure(APIError(.temporarilyUnavailable, "the server is stopping; send the request again")))
    }
    guard calls else { return }
    if let loop { loop.execute { self.begin() } } else { begin() }
  }

  /// Records a batch, and returns when it is on the disk.
  @discardableResult
  func write(_ batch: WriteBatch) throws -> EventNumber {
    // Where nothing is under way the caller records it itself, which saves a change of threads there and back.
    let leads = state.change(waking: .nobody) { state in
      guard !state.isClosed, state.underWay == 0, state.waiting.isEmpty else { return false }
      state.underWay += 1
      return true
    }
    let result = Monitor<Result<EventNumber, any Error>?>(nil)
    let done: Done = { done in result.change { $0 = done } }
    if leads { record([(batch, nil, done)], wakesOthers: true) } else { submit(batch, done: done) }
    return try result.wait { $0 }.get()
  }

  /// Ends the threads when all that was handed over is recorded, and waits for that.
  func close() {
    state.change { $0.isClosed = true }
    state.wait { $0.threads == 0 && $0.underWay == 0 ? () : nil }
  }

  // MARK: - Groups

  private func begin() {
    let starts = state.change(waking: .one) { state in
      state.isCalled = true
      guard state.threads < Self.mostGroups, !state.waiting.isEmpty else { return false }
      state.threads += 1
      return true
    }
    if starts { startThread { self.loop() } }
  }

  private func loop() {
    while let group = take() { record(group, wakesOthers: false) }
    state.change { $0.threads -= 1 }
  }

  /// Takes what waits once it is called for; nil at the end.
  private func take() -> [Entry]? {
    let patience: Double? = state.wait { state -> Double?? in
      guard !state.waiting.isEmpty else { return state.isClosed ? .some(nil) : nil }
      guard state.isFree, state.isCalled || state.isClosed else { return nil }
      state.underWay += 1
      return state.isSlow && state.waiting.count < state.expected ? min(state.pace / 4, 0.002) : 0
    }
    guard let patience else { return nil }
    if patience > 0 {
      _ = state.wait(seconds: patience) { $0.waiting.count >= $0.expected || $0.isClosed ? () : nil }
    }
    return state.change(waking: .nobody) { state in
      let group = Array(state.waiting.prefix(Self.largestGroup))
      state.waiting.removeFirst(group.count)
      if state.waiting.isEmpty { state.isCalled = false }
      return group
    }
  }

  /// - Parameter wakesOthers: whether what waits is left to the committer's threads; one of them takes it itself.
  private func record(_ group: [Entry], wakesOthers: Bool) {
    let began = Self.seconds()
    tell(group, write(group[...]))
    let spent = Self.seconds() - began
    // To wake a thread for nothing costs as much as recording a point.
    state.change { state, wake in
      state.underWay -= 1
      state.pace += (spent - state.pace) / 8
      state.expected = group.count + state.waiting.count
      if state.isClosed {
        wake = .everyone
      } else if wakesOthers, state.isCalled, !state.waiting.isEmpty {
        wake = .one
      }
    }
  }

  private func write(_ group: ArraySlice<Entry>) -> [Result<EventNumber, any Error>] {
    guard !group.isEmpty else { return [] }
    do {
      return try writer.write(group.map(\.batch)).map { result in result.mapError { $0 } }
    } catch {
      guard group.count > 1 else { return [.failure(error)] }
      // Nothing was recorded. One batch may be the cause (it meets damage, or is too large for what room is left), and the
      // others must not pay for it.
      return group.indices.flatMap { write(group[$0...$0]) }
    }
  }

  // A loop is woken once for all that it has brought.
  private func tell(_ group: [Entry], _ results: [Result<EventNumber, any Error>]) {
    var loops: [(loop: any EventLoop, places: [Int])] = []
    for (place, entry) in group.enumerated() {
      guard let loop = entry.loop else {
        entry.done(results[place])
        continue
      }
      if let known = loops.firstIndex(where: { $0.loop === loop }) {
        loops[known].places.append(place)
      } else {
        loops.append((loop, [place]))
      }
    }
    for (loop, places) in loops {
      loop.execute { for place in places { group[place].done(results[place]) } }
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
