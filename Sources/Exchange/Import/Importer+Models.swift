internal import Tracking

extension Importer {
  /// Returns what records the logged models that a run made, which are not here yet.
  func modelChanges(of row: RunRow) throws -> [Change] {
    guard isMLflow else { return [] }
    return try models(in: row.run.experiment).filter { $0.source == row.run.id && !isHere($0.id) }
      .flatMap { try changes(toRecord: $0) }
  }

  /// Records the logged models of an experiment that no run of ours made, and what was measured of all of them.
  func takeModels(of experiment: Experiment) throws {
    guard isMLflow else { return }
    for model in try models(in: experiment.name) {
      show("logged model '\(model.id)'")
      do {
        var changes: [Change] = []
        if !isHere(model.id) {
          var orphan = model
          if let source = model.source, (try? store.run(source)) == nil { orphan.source = nil }
          changes = try self.changes(toRecord: orphan)
        }
        let known = changes.isEmpty ? try store.loggedModel(model.id).metrics : []
        let metrics = model.metrics.filter { !known.contains($0) && (try? store.run($0.run)) != nil }
        if !metrics.isEmpty { changes.append(.model(.log(model.id, metrics))) }
        guard !changes.isEmpty else { continue }
        try store.commit(changes)
        if changes.contains(where: { if case .model(.create) = $0 { true } else { false } }) {
          summary.loggedModels += 1
        }
      } catch let error as TrackingError where error.code != .system && error.code != .busy {
        report("logged model '\(model.id)': \(error.message)")
      }
    }
  }

  private func models(in experiment: String) throws -> [LoggedModel] {
    if let known = modelsByExperiment[experiment] { return known }
    let found = try source.experiments().filter { $0.name == experiment }.flatMap { experiment in
      try reading("logged models of experiment '\(experiment.name)'") { try source.loggedModels(in: experiment) } ?? []
    }
    modelsByExperiment[experiment] = found
    return found
  }

  private func isHere(_ model: String) -> Bool { (try? store.loggedModel(model)) != nil }

  private func changes(toRecord model: LoggedModel) throws -> [Change] {
    var new = model
    new.metrics = []
    var changes: [Change] = [.model(.create(new))]
    if let place = try source.artifactPlace(of: model) {
      for (file, stored) in try keep(filesAt: place, of: "logged model '\(model.id)'") {
        changes.append(
          .model(
            .attach(
              model.id,
              LoggedModelFile(
                path: file.path, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
                time: model.updated))))
      }
    }
    return changes
  }

  /// Records the registered models and their versions; numbers of versions that were deleted stay free.
  func takeRegistry() throws {
    guard isMLflow else { return }
    let here = Set(try store.registeredModels().map(\.name))
    let versions = try source.modelVersions()
    for model in try source.registeredModels() {
      show("registered model '\(model.name)'")
      do {
        try take(model, isHere: here.contains(model.name), versions: versions.filter { $0.model == model.name })
      } catch let error as TrackingError where error.code != .system && error.code != .busy {
        report("registered model '\(model.name)': \(error.message)")
      }
    }
  }

  private func take(_ model: RegisteredModel, isHere: Bool, versions: [ModelVersion]) throws {
    var changes: [Change] = []
    if !isHere { changes.append(.registry(.create(model))) }
    let present = isHere ? try store.modelVersions(of: model.name) : []
    var last = present.map(\.version).max() ?? 0
    var added = 0
    for version in versions.sorted(by: { $0.version < $1.version }) {
      if version.version <= last {
        let twin = present.first { $0.version == version.version }
        if twin.map(place(of:)) != place(of: version) || twin?.run != known(version.run) {
          summary.differing.append(
            "version \(version.version) of '\(model.name)' is "
              + (twin == nil ? "deleted here" : "another one here") + ", so it is left alone")
        }
        continue
      }
      while last + 1 < version.version {
        last += 1
        let gap = ModelVersion(model: model.name, version: last, created: version.created, updated: version.updated)
        changes += [.registry(.createVersion(gap)), .registry(.deleteVersion(model.name, last))]
      }
      var new = version
      new.run = known(version.run)
      new.loggedModel = version.loggedModel.flatMap { self.isHere($0) ? $0 : nil }
      changes.append(.registry(.createVersion(new)))
      last = version.version
      added += 1
    }
    let aliases = isHere ? try store.registeredModel(model.name).aliases : [:]
    for (alias, version) in model.aliases.sorted(by: { $0.key < $1.key }) where aliases[alias] == nil {
      changes.append(.registry(.setAlias(model.name, alias: alias, version: version)))
    }
    guard !changes.isEmpty else { return }
    try store.commit(changes)
    summary.modelVersions += added
  }

  // A store that was moved, or exported, has the same files at another root.
  private func place(of version: ModelVersion) -> Substring {
    guard let run = version.run, let tail = version.source.firstRange(of: "/\(run)/artifacts") else {
      return version.source[...]
    }
    return version.source[tail.lowerBound...]
  }

  private func known(_ run: RunID?) -> RunID? { run.flatMap { (try? store.run($0))?.id } }
}
