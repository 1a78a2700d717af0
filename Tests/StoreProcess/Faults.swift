import Glibc
import SQL
import SQLTracking
import Tracking

/// What a store does when the system or the disk fails it.
struct Faults {
  private let folder: String

  init(_ folder: String) { self.folder = folder }

  /// Says the numbers of runs that were acknowledged before, while and after there was no room, and the refusals.
  func fill(limit: Int) throws {
    signal(SIGXFSZ) { _ in }
    let store = try open(folder)
    let run = RunID("logged")!
    try store.commit(.createRun(NewRun(id: run, experiment: "e", state: .running)))
    let logger = try store.logger(for: run)
    var made = 0
    func make() throws {
      // Noise, so that it takes room.
      let text = (0..<200).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
      let new = NewRun(id: RunID("r\(made)")!, experiment: "e", state: .running, tags: ["noise": text])
      let points = MetricColumns(name: "m", steps: [0], times: [0], values: [1])
      _ = try store.write([WriteBatch([.createRun(new)], points: [.init(new.id, [points])])]).map { try $0.get() }
      made += 1
    }
    Self.limitFiles(to: limit)
    let refusal = Self.refusal { while true { try make() } }
    say("\(made) \(refusal)")
    for step in 0..<100 { try logger.log("loss", step: Int64(step), value: 1, time: Timestamp(milliseconds: 0)) }
    say(Self.refusal { try logger.flush() })
    say(Self.refusal { _ = try store.logger(for: run) })
    say("\(try store.runs(matching: RunQuery(limit: 100_000)).rows.count)")
    Self.limitFiles(to: nil)
    try make()
    try logger.flush()
    try logger.close()
    try store.close()
    say("\(made)")
  }

  /// Says what can be read, and how what would write is refused.
  func onlyRead() throws {
    if getuid() == 0 {
      // Root may write everything.
      guard setgroups(0, nil) == 0, setgid(65_534) == 0, setuid(65_534) == 0
      else { fatalError("the user cannot be changed") }
    }
    let run = RunID("r1")!
    let store: SQLTrackingStore
    do {
      store = try open(folder)
    } catch {
      return say("not opened: \(error)")
    }
    say("\(try store.points(of: run, metric: "loss").count)")
    say(Self.refusal { try store.commit(.setNote(run, "changed")) })
    say(Self.refusal { try store.append([MetricColumns(name: "loss", steps: [0], times: [0], values: [0])], to: run) })
    say(Self.refusal { _ = try store.logger(for: run) })
    say("\(try store.points(of: run, metric: "loss").count)")
  }

  /// Says what the store holds, with the number of its problems in front.
  func examine() {
    do {
      let store = try open(folder)
      let found: String
      do {
        found = try dump(store)
      } catch let error as TrackingError {
        found = "\(error.code): \(error.message)"
      }
      do {
        say("problems \(try store.problems().count)")
      } catch let error as TrackingError {
        say("problems \(error.code)")
      }
      say(found)
    } catch let error as TrackingError {
      say("problems not opened\n\(error.code): \(error.message)")
    } catch let error as SQLError {
      say("problems not opened\n\(error.code): \(error.message)")
    } catch {
      say("problems not opened\n\(error)")
    }
  }

  private static func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "taken"
    } catch let error as TrackingError {
      return "\(error.code): \(error.message)"
    } catch {
      return "\(error)"
    }
  }

  /// No file may grow beyond this size; nil takes the limit away.
  private static func limitFiles(to bytes: Int?) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = bytes.map { rlim_t($0) } ?? limit.rlim_max
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { fatalError("no limit can be set") }
  }
}
