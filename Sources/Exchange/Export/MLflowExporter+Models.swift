internal import Tracking

extension MLflowExporter {
  /// Writes the logged models of an experiment, unless they are there.
  func exportModels(of experiment: Experiment, to place: Place) throws {
    for model in try store.loggedModels(inExperiments: [experiment.name], of: nil) {
      let target = "\(root)/\(place.folder)/models/\(model.id)"
      guard FileKind(at: target) == nil else { continue }
      let owner = "logged model '\(model.id)'"
      let folder = try draft("model")
      var meta = MetaText()
      meta.add("artifact_location", "\(rootURI)/\(place.number)/models/\(model.id)/artifacts")
      meta.add("creation_timestamp", model.created.milliseconds)
      meta.add("experiment_id", String(place.number))
      meta.add("last_updated_timestamp", model.updated.milliseconds)
      meta.add("model_id", model.id)
      meta.add("model_type", model.type)
      meta.add("name", model.name)
      meta.add("source_run_id", model.source?.text)
      meta.add("status", Int64((MLflowNames.modelStatuses.firstIndex(of: model.status) ?? 0) + 1))
      meta.add("status_message", nil as String?)
      try Exchange.write(meta.text, to: folder + "/meta.yaml")
      for name in ["metrics", "params", "tags", "artifacts"] { try makeDirectories(folder + "/" + name) }
      try write(texts: model.parameters, below: folder + "/params", of: owner, "parameter")
      try write(texts: model.tags, below: folder + "/tags", of: owner, "tag")
      for (name, metrics) in Dictionary(grouping: model.metrics, by: \.name).sorted(by: { $0.key < $1.key }) {
        var text = ""
        for metric in metrics {
          let point = metric.point
          text += "\(point.time.milliseconds) \(MLflowExporter.number(point.value)) \(point.step) \(metric.run)"
          // A name with a space would be several fields.
          if let dataset = metric.dataset, !dataset.name.contains(" "), !dataset.digest.contains(" ") {
            text += " \(dataset.name) \(dataset.digest)"
          }
          text += "\n"
        }
        try write(text, named: name, below: folder + "/metrics", of: owner, "metric")
      }
      for file in try store.files(ofModel: model.id) {
        try unpack(file.digest, named: file.path, below: folder + "/artifacts", of: owner)
      }
      try move(folder, to: target)
    }
  }

  /// Writes the registered models with their versions, unless they are there.
  func exportRegistry() throws {
    for model in try store.registeredModels() {
      let target = "\(root)/models/\(model.name)"
      guard FileKind(at: target) == nil else { continue }
      guard isPath(model.name), !model.name.contains("/") else {
        summary.problems.append("registered model '\(model.name)' has a name that MLflow's files cannot have")
        continue
      }
      let owner = "registered model '\(model.name)'"
      let folder = try draft("registered")
      var meta = MetaText()
      meta.add("aliases", model.aliases.mapValues { String($0) })
      meta.add("creation_timestamp", model.created.milliseconds)
      meta.add("description", model.description)
      meta.add("last_updated_timestamp", model.updated.milliseconds)
      meta.add("name", model.name)
      try Exchange.write(meta.text, to: folder + "/meta.yaml")
      try write(texts: model.tags, below: folder + "/tags", of: owner, "tag")
      try write(texts: model.aliases.mapValues { String($0) }, below: folder + "/aliases", of: owner, "alias")
      for version in try store.modelVersions(of: model.name) {
        let source = source(of: version)
        var meta = MetaText()
        meta.add("creation_timestamp", version.created.milliseconds)
        meta.add("current_stage", version.stage)
        meta.add("description", version.description)
        meta.add("last_updated_timestamp", version.updated.milliseconds)
        meta.add("model_id", version.loggedModel)
        meta.add("name", version.model)
        meta.add("run_id", version.run?.text)
        meta.add("run_link", nil as String?)
        meta.add("source", source)
        meta.add("status", "READY")
        meta.add("status_message", nil as String?)
        meta.add("storage_location", source)
        meta.add("user_id", version.user)
        meta.add("version", Int64(version.version))
        try Exchange.write(meta.text, to: "\(folder)/version-\(version.version)/meta.yaml")
        try write(texts: version.tags, below: "\(folder)/version-\(version.version)/tags", of: owner, "tag")
      }
      try move(folder, to: target)
    }
  }

  // Files of a run are where its artifacts are now, wherever they were when the version was recorded.
  private func source(of version: ModelVersion) -> String {
    guard let run = version.run, let tail = version.source.firstRange(of: "/\(run)/artifacts"),
      let experiment = try? store.run(run).experiment, let number = numbers[experiment]
    else { return version.source }
    return "\(rootURI)/\(number)\(version.source[tail.lowerBound...])"
  }
}
