internal import Tracking

extension Importer {
  /// Makes an experiment where there is none of its name, with its own number where that is free.
  ///
  /// - Returns: the name; nil when nothing can be recorded in it.
  func prepare(_ experiment: Experiment) throws -> String? {
    let present: Experiment?
    do {
      present = try store.experiment(named: experiment.name)
    } catch let error as TrackingError where error.code == .notFound {
      present = nil
    }
    if let present {
      if present.deleted != nil, experiment.deleted == nil {
        report("experiment '\(experiment.name)' is deleted in this store; restore it and import again")
        return nil
      }
      if present.deleted == nil {
        let missing = experiment.tags.filter { present.tags[$0.key] == nil }
        let changes = missing.map { Change.experiment(.setTag(experiment.name, name: $0.key, value: $0.value)) }
        if !changes.isEmpty { try store.commit(changes) }
      }
      for (name, value) in experiment.tags.sorted(by: { $0.key < $1.key }) {
        guard let other = present.tags[name], other != value else { continue }
        summary.differing.append("experiment '\(experiment.name)' has another value of the tag '\(name)' here")
      }
      return experiment.name
    }
    do {
      try create(experiment, id: experiment.id)
    } catch let error as TrackingError where error.code == .conflict || error.code == .invalid {
      do {
        try create(experiment, id: nil)
      } catch let error as TrackingError where error.code != .busy && error.code != .system {
        report("experiment '\(experiment.name)': \(error.message)")
        return nil
      }
    }
    summary.experiments += 1
    return experiment.name
  }

  private func create(_ experiment: Experiment, id: Int64?) throws {
    // A source that does not tell has 0.
    let created = experiment.created.milliseconds > 0 ? experiment.created : nil
    try store.commit(
      .experiment(.create(name: experiment.name, id: id, tags: experiment.tags, created: created)))
  }

  /// Deletes an experiment that is deleted in the source, when nothing else was recorded in it here.
  func delete(_ experiment: Experiment, runs: Int) throws {
    let present = try store.experiment(named: experiment.name)
    guard present.deleted == nil else { return }
    guard present.runs <= runs else {
      summary.differing.append(
        "experiment '\(experiment.name)' is deleted in the source and has runs of its own here, so it is kept")
      return
    }
    try store.commit(.experiment(.delete(experiment.name)))
  }
}
