internal import Glibc
public import SQL
internal import Synchronization
internal import Tracking

/// Measures a store on a database against what it is meant to reach; `scripts/bench` prints it.
public struct StoreBenchmark {
  /// A measured number beside its limit.
  public struct Result: Sendable {
    /// What was measured.
    public var name: String
    /// How much.
    public var value: Double
    /// Of what.
    public var unit: String
    /// The number that it is held to.
    public var limit: Double
    /// True if more is better.
    public var isRate: Bool

    /// Whether the limit is kept.
    public var isMet: Bool { isRate ? value >= limit : value <= limit }

    /// One line for people.
    public var text: String {
      func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
      }
      func written(_ number: Double) -> String {
        if number >= 1_000 { return "\(Int(number.rounded()))" }
        let hundredths = Int((number * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
      }
      return padded(name, 88) + padded("\(written(value)) \(unit)", 20)
        + padded("\(isRate ? "at least" : "at most") \(written(limit))", 20) + (isMet ? "kept" : "SHORT")
    }

    /// One line of JSON.
    public var json: String {
      let value: Value = [
        "name": .text(name), "value": .real((value * 100).rounded() / 100), "unit": .text(unit), "limit": .real(limit),
        "direction": .text(isRate ? "at least" : "at most"), "met": .boolean(isMet),
      ]
      return value.json
    }
  }

  private let folder: String
  private let open: @Sendable (String) throws -> any SQLDatabase
  private let report: (Result) -> Void

  /// Prepares measurements.
  ///
  /// - Parameters:
  ///   - folder: an empty folder, which is filled with databases.
  ///   - open: opens the database at a path.
  ///   - report: is handed each number when it is known.
  public init(
    in folder: String, open: @escaping @Sendable (String) throws -> any SQLDatabase, report: @escaping (Result) -> Void
  ) {
    self.folder = folder
    self.open = open
    self.report = report
  }

  /// Measures everything; takes about a minute on two cores.
  ///
  /// - Parameter runs: how many runs are searched.
  public func run(runs: Int = 20_000) throws {
    try measureBatches()
    try measureLogger()
    try measureOpening()
    try measureWriters()
    try measureSearch(runs: runs)
  }

  // MARK: - Points

  /// Ten million points in batches of a thousand.
  private func measureBatches() throws {
    let store = try store("batches")
    let run = try makeRun(in: store, "batches")
    var curve = Curve()
    let batches = (0..<1_000).map { _ in curve.next(1_000, "loss") }
    var spent: [Double] = []
    var work: [Double] = []
    let sizeBefore = try size(store)
    for _ in 0..<10 {
      let before = now(CLOCK_PROCESS_CPUTIME_ID)
      spent.append(try seconds { for batch in batches { try store.append([batch], to: run) } })
      work.append(now(CLOCK_PROCESS_CPUTIME_ID) - before)
    }
    let points = 10_000_000.0
    let bytes = Double(try size(store) - sizeBefore) / points
    report(
      Result(
        name: "points/s in batches of 1,000", value: points / spent.reduce(0, +), unit: "points/s", limit: 3e6,
        isRate: true))
    report(
      Result(
        name: "the last two millions against the first two, processor time",
        value: (work[8] + work[9]) / (work[0] + work[1]), unit: "times", limit: 1.5,
        isRate: false))
    report(Result(name: "noisy float64 curve on disk", value: bytes, unit: "bytes/point", limit: 10, isRate: false))
    var read: [Double] = []
    for million in 0..<5 {
      let range = (million * 1_000_000)..<((million + 1) * 1_000_000)
      read.append(
        try seconds {
          let columns = try store.points(of: run, metric: "loss", in: range, attempt: nil)
          precondition(columns.count == 1_000_000)
        })
    }
    report(Result(name: "a million points read", value: read.sorted()[2] * 1e3, unit: "ms", limit: 100, isRate: false))
    let mixed = try makeRun(in: store, "mixed")
    let wide = (0..<2_000).map { _ in (0..<10).map { curve.next(100, "metric \($0)") } }
    let wideSpent = try seconds { for batch in wide { try store.append(batch, to: mixed) } }
    report(
      Result(
        name: "points/s in batches of 10 x 100", value: 2e6 / wideSpent, unit: "points/s", limit: 5e5, isRate: true))
    try store.close()
  }

  /// Single points through a logger, one metric and ten.
  private func measureLogger() throws {
    let store = try store("logger")
    for metrics in [1, 10] {
      let run = try makeRun(in: store, "run\(metrics)")
      let names = (0..<metrics).map { "metric \($0)" }
      var curve = Curve()
      let columns = curve.next(1_000_000, "loss")
      let logger = try store.logger(for: run)
      let spent = try seconds {
        for place in 0..<columns.count {
          try logger.log(
            names[place % metrics], step: columns.steps[place], value: columns.values[place],
            time: Timestamp(milliseconds: columns.times[place]))
        }
        try logger.close()
      }
      report(
        Result(
          name: "single-point calls/s, \(metrics) metric\(metrics == 1 ? "" : "s")", value: 1e6 / spent,
          unit: "calls/s",
          limit: 200_000, isRate: true))
    }
    try store.close()
  }

  // MARK: - Records

  /// What a short-lived process does.
  private func measureOpening() throws {
    let first = try store("opening")
    let run = try makeRun(in: first, "r")
    try first.close()
    var spent: [Double] = []
    for number in 0..<50 {
      spent.append(
        try seconds {
          let store = try self.store("opening")
          try store.commit(.setTag(run, name: "tag", value: "\(number)"))
          try store.close()
        })
    }
    report(
      Result(
        name: "open, one durable change, close", value: spent.sorted()[25] * 1e3, unit: "ms", limit: 6, isRate: false))
  }

  /// Eight writers, each with a database of its own on the same file.
  private func measureWriters() throws {
    try store("writers").close()
    let all = try (0..<8).map { _ in try store("writers") }
    let runs = try all.indices.map { try makeRun(in: all[$0], "r\($0)") }
    let outcome = Outcome()
    let length = 3.0
    let began = now()
    let threads = try all.indices.map { index in
      try Thread {
        var worst = 0.0
        var commits = 0
        while now() - began < length {
          let before = now()
          do {
            try all[index].commit(.setTag(runs[index], name: "tag", value: "\(commits)"))
          } catch {
            outcome.failed.withLock { $0 += 1 }
          }
          worst = max(worst, now() - before)
          commits += 1
        }
        outcome.commits.withLock { $0 += commits }
        outcome.worst.withLock { $0 = max($0, worst) }
      }
    }
    for thread in threads { thread.join() }
    report(
      Result(
        name: "durable commits/s by 8 writers", value: Double(outcome.commits.withLock { $0 }) / length,
        unit: "commits/s", limit: 1_000, isRate: true))
    report(
      Result(
        name: "the longest of their waits", value: outcome.worst.withLock { $0 } * 1e3, unit: "ms", limit: 500,
        isRate: false))
    report(
      Result(name: "their failures", value: Double(outcome.failed.withLock { $0 }), unit: "", limit: 0, isRate: false))
    for store in all { try store.close() }
  }

  private final class Outcome: Sendable {
    let commits = Mutex(0)
    let failed = Mutex(0)
    let worst = Mutex(0.0)
  }

  /// Searches over many runs of ten metrics and two parameters.
  private func measureSearch(runs count: Int) throws {
    let store = try store("search")
    var random = Random(state: 1)
    let spent = try seconds {
      for first in stride(from: 0, to: count, by: 200) {
        let ids = (first..<min(first + 200, count)).map { RunID(randomBits: UInt64($0) &* 0x9E37_79B9_7F4A_7C15) }
        try store.commit(
          ids.map { id in
            .createRun(
              NewRun(
                id: id, experiment: "e", state: .running,
                parameters: [
                  Parameter("lr", .real(random.unit())), Parameter("optimizer", random.unit() < 0.3 ? "adam" : "sgd"),
                ]))
          })
        for id in ids {
          try store.append(
            (0..<10).map { MetricColumns(name: "m\($0)", steps: [0], times: [0], values: [random.unit()]) }, to: id)
        }
      }
    }
    report(
      Result(
        name: "runs/s recorded with 10 metrics", value: Double(count) / spent, unit: "runs/s", limit: 500, isRate: true)
    )
    for (filter, order) in [
      ("metrics.m1 > 0.999", "metrics.m2 DESC"), ("metrics.m1 > 0.5", "metrics.m2 DESC"), ("", "metrics.m3"),
      ("metrics.m1 > 0.5 and params.optimizer = 'adam'", "created"), ("params.lr < 0.0005", "metrics.m0"),
      ("metrics.m1 > 0.9 and metrics.m2 < 0.1 and metrics.m3 > 0.9", "metrics.m4"),
    ] {
      let query = RunQuery(
        filter: try FilterParser.clauses(of: filter),
        order: order == "created" ? [] : [try FilterParser.order(of: order)],
        limit: 50, includesDetails: false)
      var times: [Double] = []
      for _ in 0..<5 { times.append(try seconds { _ = try store.runs(matching: query) }) }
      report(
        Result(
          name: "\(count) runs: \(filter.isEmpty ? "all" : filter), by \(order)", value: times.sorted()[2] * 1e3,
          unit: "ms",
          limit: 20, isRate: false))
    }
    try store.close()
  }

  // MARK: - Tools

  private func store(_ name: String) throws -> SQLTrackingStore {
    try SQLTrackingStore(open("\(folder)/\(name).db"), journalFolder: "\(folder)/\(name)-journals")
  }

  private func makeRun(in store: SQLTrackingStore, _ name: String) throws -> RunID {
    guard let id = RunID(name) else { preconditionFailure("'\(name)' is no id") }
    try store.commit(.createRun(NewRun(id: id, experiment: "bench", state: .running)))
    return id
  }

  /// The size of the database in bytes, as SQLite tells it.
  private func size(_ store: SQLTrackingStore) throws -> Int64 {
    try store.database.read {
      try $0.firstInteger("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") ?? 0
    }
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let began = now()
    try body()
    return now() - began
  }
}

private func now(_ clock: clockid_t = CLOCK_MONOTONIC) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Numbers that are the same in every measurement.
private struct Random {
  var state: UInt64

  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Double(Checksum.mix(state) >> 11) / 9_007_199_254_740_992
  }
}

/// A loss curve with noise of full precision, a few milliseconds a step.
private struct Curve {
  private var random = Random(state: 7)
  private var step: Int64 = 0
  private var time: Int64 = 1_700_000_000_000

  mutating func next(_ count: Int, _ name: String) -> MetricColumns {
    var columns = MetricColumns(name: name)
    for _ in 0..<count {
      let noise = random.unit() + random.unit() + random.unit() - 1.5
      time += 5 + Int64(random.unit() * 4)
      columns.append(
        MetricPoint(
          step: step, time: Timestamp(milliseconds: time), value: 0.1 + 2.3 / (1 + Double(step) / 50_000) + 0.05 * noise
        ))
      step += 1
    }
    return columns
  }
}
