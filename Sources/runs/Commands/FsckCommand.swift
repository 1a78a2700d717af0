internal import ArgumentParser
internal import Sweeping
internal import Tracking

/// `runs fsck`.
struct FsckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fsck",
    abstract: "Reads everything in the store and checks it.",
    usage: "runs fsck [<options>]",
    discussion: """
      The database is examined, every metric chunk is read against its checksum, every artifact against its digest, and \
      runs are named that claim to be under way while nobody drives them; what their commands appended to RUNS_LOG \
      meanwhile is recorded. The exit code is 1 when something is damaged.

      Examples:
        runs fsck
        runs fsck --quick
      """)

  @Flag(help: "Only look whether every artifact is there.")
  var quick = false

  @OptionGroup var common: GlobalOptions

  /// Checks the store.
  func run() throws {
    let store = try common.openStore()
    var problems: [String] = []
    // Damage where one thing lies must not hide what is wrong with the others.
    func examine(_ body: () throws -> Void) throws {
      do {
        try body()
      } catch let error as TrackingError where error.code == .corrupt {
        problems.append(error.message)
      }
    }
    if !quick { try examine { problems += try store.recordProblems() } }
    var remarks: [String] = []
    var digests: [Digest: String] = [:]
    var runs = 0
    let progress = ProgressDisplay(common: common)
    let began = Timestamp.now()
    var all: [Run] = []
    try examine {
      try store.tracking.everyRow(matching: RunQuery(limit: .max, includesDetails: false)) { all.append($0.run) }
    }
    for run in all {
      runs += 1
      progress.show("checking runs", done: runs, total: all.count, since: began)
      try examine {
        for artifact in try store.tracking.artifacts(of: run.id) {
          digests[artifact.digest] = "artifact '\(artifact.name)' of run '\(run.id)'"
        }
      }
      if let remark = FsckCommand.abandoned(run) {
        remarks.append(remark)
        if let taken = FsckCommand.takeLog(of: run, in: store) { remarks.append(taken) }
      }
      try examine {
        guard run.kind == .hyperdrive, let part = try store.tracking.partOfSweep(run.id) else { return }
        remarks.append("of sweep '\(run.id)' this store has \(part)")
      }
    }
    for (digest, owner) in digests.sorted(by: { $0.key < $1.key }) {
      do {
        if quick {
          if !store.artifacts.contains(digest) { problems.append("\(owner): its tarball \(digest) is missing") }
        } else {
          try store.artifacts.verify(digest)
        }
      } catch let error as TrackingError {
        problems.append("\(owner): \(error.message)")
      }
    }
    progress.end()
    for remark in remarks { write(common.out.paint("note: " + remark, .yellow) + "\n") }
    for problem in problems { write(common.out.paint("damaged: " + problem, .red) + "\n") }
    write("\(counted(runs, "run")), \(counted(digests.count, "artifact")): ")
    write(problems.isEmpty ? "sound\n" : "\(counted(problems.count, "problem"))\n")
    if !problems.isEmpty { throw CommandFailure(.no) }
  }

  // The command of a `runs exec` that was killed goes on logging, and nobody reads it.
  private static func takeLog(of run: Run, in store: OpenStore) -> String? {
    let name = "its run log (RUNS_LOG)"
    do {
      var log = try RunLogTail(
        jobDirectory: SweepPaths(root: store.folder).jobDirectory("\(run.id).1"),
        workingDirectory: run.origin["directory"]?.text ?? workingDirectory(), run: run.id, attempt: 1, isNew: false,
        store: store.tracking, artifacts: store.artifacts)
      guard let lines = try log.takeRest(now: .now()) else { return nil }
      return "\(counted(lines, "line")) of \(name) \(lines == 1 ? "is" : "are") on record now"
    } catch {
      return "\(name) cannot be recorded: \((error as? TrackingError)?.message ?? "\(error)")"
    }
  }

  // A run of its own that claims to run while the process that records it has gone.
  private static func abandoned(_ run: Run) -> String? {
    guard run.kind == .run, run.state == .running, let process = run.origin["process"]?.integer,
      run.origin["host"] == origin([:])["host"], !processExists(Int32(truncatingIfNeeded: process))
    else { return nil }
    return "run '\(run.id)' claims to be running, and the process \(process) that recorded it has gone"
  }
}
