// A process of the tests: works on a store, says on stdout how far it has come, and dies where it is told to.
import Glibc
import SQL
import SQLTracking
import SQLite
import Tracking

func open(_ folder: String, dyingAt operation: Int? = nil) throws -> SQLTrackingStore {
  var database: any SQLDatabase = try SQLiteDatabase(path: folder + "/runs.db")
  if let operation { database = DyingDatabase(database, at: operation) }
  return try SQLTrackingStore(database, journalFolder: folder + "/journal", clock: Scenario.clock)
}

func number(_ place: Int) -> Int {
  guard CommandLine.arguments.count > place, let number = Int(CommandLine.arguments[place]) else {
    fatalError("argument \(place) should be a number")
  }
  return number
}

func say(_ text: String) {
  // Unbuffered: what was said was said, even if the next thing is a signal.
  var line = Array((text + "\n").utf8)
  _ = write(1, &line, line.count)
}

func die() -> Never {
  kill(getpid(), SIGKILL)
  while true { pause() }
}

let folder = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : ""
switch CommandLine.arguments.dropFirst().first {
case "expect":
  // FOLDER COUNT: what a store holds after this many steps, worked out in memory.
  let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil, clock: Scenario.clock)
  try Scenario(store).run(steps: number(3)) { _ in }
  say(try dump(store))
case "steps":
  // FOLDER COUNT OPERATION: this many steps, dead at the given operation on the database, or at the end.
  let scenario = Scenario(try open(folder, dyingAt: number(4)))
  try scenario.run(steps: number(3)) { say("\($0)") }
  say("done")
  die()
case "dump":
  // FOLDER: what the store holds.
  let store = try open(folder)
  say(try dump(store))
  try store.close()
case "log":
  // FOLDER RUN: logs points with steps from 0 until it is killed; a mapped file counts those acknowledged.
  let file = Glibc.open(folder + "/acknowledged", O_RDWR)
  guard let count = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) else { fatalError("no mapping") }
  let logger = try open(folder).logger(for: RunID(CommandLine.arguments[3])!)
  say("ready")
  for step in Int64(0)... {
    try logger.log("loss", step: step, value: Double(step) / 3, time: Timestamp(milliseconds: step))
    count.storeBytes(of: step + 1, as: Int64.self)
    if step % 7 == 0 { try logger.log("seventh", step: step, value: 7, time: Timestamp(milliseconds: step)) }
  }
case "write":
  // FOLDER NAME COUNT: this many runs with everything, beside others who do the same.
  let store = try open(folder)
  var worst = 0.0
  for index in 0..<number(4) {
    let run = RunID("\(CommandLine.arguments[3])-\(index)")!
    let began = seconds()
    try store.commit([
      .createRun(NewRun(id: run, experiment: "shared", state: .running, tags: ["writer": CommandLine.arguments[3]]))
    ])
    worst = max(worst, seconds() - began)
    let logger = try store.logger(for: run)
    for step in 0..<10 { try logger.log("loss", step: Int64(step), value: 1, time: Timestamp(milliseconds: 0)) }
    try store.append([MetricColumns(name: "extra", steps: [0], times: [0], values: [0.5])], to: run)
    try logger.close()
    try store.commit(.transition(run, to: .finished, reason: "done"))
  }
  try store.close()
  say("\(worst)")
case "batches":
  // FOLDER: groups of batches as a server writes them, until it is killed; a mapped file counts those acknowledged.
  let file = Glibc.open(folder + "/acknowledged", O_RDWR)
  guard let count = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) else { fatalError("no mapping") }
  let store = try open(folder)
  let runs = (0..<4).map { RunID("r\($0)")! }
  _ = try store.write(runs.map { WriteBatch([.createRun(NewRun(id: $0, experiment: "e", state: .running))]) })
  say("ready")
  for step in Int64(0)... {
    let batches = runs.map { run in
      let columns = MetricColumns(name: "loss", steps: [step], times: [step], values: [Double(step) / 3])
      return WriteBatch([.setTag(run, name: "step", value: "\(step)")], points: [WriteBatch.Points(run, [columns])])
    }
    // One that is refused, between others.
    let refused = WriteBatch([.setNote(runs[0], "refused"), .setNote(RunID("none")!, "none")])
    _ = try store.write(batches.prefix(2) + [refused] + batches.suffix(2))
    count.storeBytes(of: step + 1, as: Int64.self)
  }
case "full":
  // FOLDER BYTES: writes until no file may grow beyond this size, and goes on when it may again.
  try Faults(folder).fill(limit: number(3))
case "readonly":
  // FOLDER: reads and writes as a user who may only read.
  try Faults(folder).onlyRead()
case "damaged":
  // FOLDER: what the store holds, or why it cannot be read; then whether an examination finds something.
  Faults(folder).examine()
default: fatalError("expect, steps, dump, log, write, batches, full, readonly or damaged")
}

func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
