internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs trial-run`, which a sweep starts for each attempt at a trainer's trial.
struct TrialRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial-run",
    abstract: "Executes the trainer of the run that RUNS_RUN_ID names; sweeps start it.",
    shouldDisplay: false)

  @OptionGroup var common: GlobalOptions

  /// Trains, and tells by exit code and message how it ended.
  func run() throws {
    try Interrupts.watch()
    let store = try common.openStore()
    guard let id = environment(TrialEnvironment.run).flatMap({ RunID($0) }) else {
      throw CommandFailure(.usage, "RUNS_RUN_ID names no run; `runs trial-run` is started by a sweep")
    }
    let (code, message) = execute(id, store)
    if let directory = environment(TrialEnvironment.jobDirectory) {
      try writeText(message, to: directory + "/" + TrainerExit.messageFile)
    }
    if code != TrainerExit.finished, !message.isEmpty { complain(message) }
    if code != 0 { throw PassedExit(code: code) }
  }

  private func execute(_ id: RunID, _ store: OpenStore) -> (code: Int32, message: String) {
    do {
      let run = try store.tracking.run(id)
      let work = try TrainerWork(of: run, in: store.tracking)
      let paths = SweepPaths(root: store.folder)
      let checkpoints = paths.checkpointDirectory(of: id)
      let scratch = (environment(TrialEnvironment.jobDirectory) ?? paths.jobDirectory("\(id).0")) + "/work"
      try makeDirectory(checkpoints)
      try makeDirectory(scratch)
      let session = try RunSession(
        run: id, parameters: work.parameters, store: store.tracking, artifacts: store.artifacts,
        checkpointDirectory: checkpoints, scratchDirectory: scratch,
        inheritsCheckpoint: run.origin["continues"]?.text != nil, threads: try threads(run, store.tracking),
        allowance: try allowance(run, store.tracking), clock: { .now() }, shouldYield: { Interrupts.stop.isRequested })
      let trainer = try builtinPlugins().trainer(work.trainer).init()
      do {
        let end = try trainer.train(in: session)
        try session.close()
        switch end {
        case .finished(let remark): return (TrainerExit.finished, remark)
        case .diverged(let what): return (TrainerExit.diverged, what)
        case .yielded: return (TrainerExit.yielded, "yielded")
        }
      } catch {
        // What was logged before the failure tells most about it.
        try? session.close()
        throw error
      }
    } catch let refusal as TrackingError {
      return (refusal.code == .invalid ? TrainerExit.refused : TrainerExit.failed, refusal.message)
    } catch let failure as CommandFailure {
      return (failure.exit == .incomplete ? TrainerExit.refused : TrainerExit.failed, failure.message ?? "")
    } catch {
      return (TrainerExit.failed, String(describing: error))
    }
  }

  // As the sweep told when it started this attempt.
  private func allowance(_ run: Run, _ reader: any TrackingReader) throws -> (metric: String, points: Int)? {
    guard let points = environment(TrialEnvironment.allowance).flatMap({ Int($0) }), let parent = run.parent else {
      return nil
    }
    return (try reader.sweep(parent).spec.objective.metric, points)
  }

  // The cores are shared by the trials that run at once.
  private func threads(_ run: Run, _ reader: any TrackingReader) throws -> Int {
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let atOnce =
      if run.kind == .trial, let parent = run.parent {
        try reader.sweep(parent).spec.limits.maxConcurrentTrials
      } else {
        Int(run.origin["concurrent"]?.integer ?? 1)
      }
    return max(1, cores / max(1, atOnce))
  }
}

/// Writes a text to a file, whole or not at all.
func writeText(_ text: String, to path: String) throws {
  let temporary = path + ".new"
  guard let file = fopen(temporary, "we") else {
    throw CommandFailure(.system, "\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
  let isWritten = fputs(text, file) >= 0
  guard fclose(file) == 0, isWritten, rename(temporary, path) == 0 else {
    throw CommandFailure(.system, "\(path) cannot be written: \(String(cString: strerror(errno)))")
  }
}
