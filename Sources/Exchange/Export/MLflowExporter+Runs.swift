internal import Tracking

extension MLflowExporter {
  /// Writes a run, unless it is there.
  func export(_ row: RunRow, to place: Place, experimentIsDeleted: Bool) throws {
    let run = row.run
    let target = "\(root)/\(place.folder)/\(run.id)"
    guard FileKind(at: target) == nil else {
      summary.present += 1
      return
    }
    let owner = "run '\(run.id)'"
    let folder = try draft("run")
    try Exchange.write(meta(of: run, row.tags, in: place), to: folder + "/meta.yaml")
    for name in ["metrics", "params", "tags", "artifacts"] { try makeDirectories(folder + "/" + name) }
    try write(texts: tags(of: row), below: folder + "/tags", of: owner, "tag")
    for parameter in row.parameters {
      try write(
        parameter.value.plain, named: parameter.name, below: folder + "/params", of: owner, "parameter")
    }
    for series in try store.series(of: run.id) {
      let points = try store.points(of: run.id, metric: series.name)
      var text = ""
      for index in 0..<points.count {
        text += "\(points.times[index]) \(MLflowExporter.number(points.values[index])) \(points.steps[index])\n"
      }
      try write(text, named: series.name, below: folder + "/metrics", of: owner, "metric")
      summary.points += points.count
    }
    try exportInputs(of: run, to: folder, in: place)
    for output in try store.outputs(of: run.id) {
      var meta = MetaText()
      meta.add("destination_id", output.model)
      meta.add("destination_type", "MODEL_OUTPUT")
      meta.add("source_id", run.id.text)
      meta.add("source_type", "RUN_OUTPUT")
      meta.add("step", output.step)
      meta.add("tags", [:])
      try Exchange.write(meta.text, to: "\(folder)/outputs/\(output.model)/meta.yaml")
    }
    for artifact in try store.artifacts(of: run.id) {
      try unpack(artifact.digest, named: artifact.name, below: folder + "/artifacts", of: owner)
    }
    try move(folder, to: target)
    summary.runs += 1
  }

  // As Python writes and reads a float.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    return value.isInfinite ? (value < 0 ? "-inf" : "inf") : "\(value)"
  }

  private func meta(of run: Run, _ tags: [String: String], in place: Place) -> String {
    let status = MLflowNames.statuses.firstIndex(of: MLflowNames.status(of: run.state)) ?? 0
    var meta = MetaText()
    meta.add("artifact_uri", "\(rootURI)/\(place.number)/\(run.id)/artifacts")
    if let deleted = run.deleted { meta.add("deleted_time", deleted.milliseconds) }
    meta.add("end_time", run.ended?.milliseconds)
    meta.add("entry_point_name", "")
    meta.add("experiment_id", String(place.number))
    meta.add("lifecycle_stage", run.deleted == nil ? "active" : "deleted")
    meta.add("run_id", run.id.text)
    meta.add("run_name", run.name ?? run.id.text)
    meta.add("run_uuid", run.id.text)
    meta.add("source_name", "")
    // LOCAL
    meta.add("source_type", 4)
    meta.add("source_version", "")
    meta.add("start_time", (run.started ?? run.created).milliseconds)
    meta.add("status", Int64(status + 1))
    meta.addEmptyList("tags")
    meta.add("user_id", tags[MLflowNames.userTag] ?? run.origin["user"]?.text ?? "")
    return meta.text
  }

  // The run's own tags, and what MLflow keeps in tags.
  private func tags(of row: RunRow) -> [String: String] {
    var tags = row.tags
    tags[MLflowNames.nameTag] = row.run.name ?? row.run.id.text
    if let parent = row.run.parent, tags[MLflowNames.parentTag] == nil { tags[MLflowNames.parentTag] = parent.text }
    if !row.run.note.isEmpty { tags[MLflowNames.noteTag] = row.run.note }
    return tags
  }

  private func exportInputs(of run: Run, to folder: String, in place: Place) throws {
    for input in try store.inputs(of: run.id) {
      let dataset = input.dataset
      let id = String(Digest(hashing: dataset.name + "\u{0}" + dataset.digest).hex.prefix(32))
      let described = "\(root)/\(place.folder)/datasets/\(id)"
      if FileKind(at: described) == nil {
        var meta = MetaText()
        meta.add("digest", dataset.digest)
        meta.add("name", dataset.name)
        meta.add("profile", dataset.profile)
        meta.add("schema", dataset.schema)
        meta.add("source", dataset.source)
        meta.add("source_type", dataset.sourceType)
        let draft = try draft("dataset")
        try Exchange.write(meta.text, to: draft + "/meta.yaml")
        try move(draft, to: described)
      }
      var meta = MetaText()
      meta.add("destination_id", run.id.text)
      meta.add("destination_type", "RUN")
      meta.add("source_id", id)
      meta.add("source_type", "DATASET")
      meta.add("tags", input.tags)
      try Exchange.write(meta.text, to: "\(folder)/inputs/\(id)/meta.yaml")
    }
  }
}
