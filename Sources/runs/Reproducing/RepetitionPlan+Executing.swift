internal import Provenance
internal import Tracking

extension RepetitionPlan {
  /// Executes the repetition as a new run.
  ///
  /// - Parameter onTick: called a few times a second with the new run.
  /// - Returns: the new run, ended.
  /// - Throws: `.interrupted` after a signal.
  func execute(onTick: (RunID) throws -> Void) throws -> Run {
    guard case .trainer(let work) = work else { return try Repetition(self).execute(onTick: onTick) }
    let job = TrainerJobs.Job(
      work: try guarded(work), experiment: original.experiment, name: "reproduces \(original.id)",
      tags: [ReproduceCommand.tag: original.id.text])
    let runs = try TrainerJobs(store: store, atOnce: 1).execute([job]) { if let run = $0.first { try onTick(run) } }
    return try store.tracking.run(runs[0])
  }

  // The trainer refuses other data than those whose digest it is told.
  private func guarded(_ work: TrainerWork) throws -> TrainerWork {
    var work = work
    let name = "data_sha256"
    let known = try store.tracking.parameters(of: original.id).byName
    if work.parameters[name] == nil, let digest = known[name] { work.parameters[name] = digest }
    for (input, path) in movedInputs {
      if let old = recorded?.inputs.first(where: { $0.name == input })?.path {
        for (parameter, value) in work.parameters where value == .text(old) { work.parameters[parameter] = .text(path) }
      } else {
        work.parameters[input] = .text(path)
      }
    }
    return work
  }
}
