internal import Glibc
public import Tracking

extension MLflowFileStore {
  /// Returns the datasets that went into a run.
  public func inputs(of row: RunRow) throws -> [RunInput] {
    let place = try folder(of: row)
    let datasets = place.dropLast(lastName(place).utf8.count) + "datasets/"
    var inputs: [RunInput] = []
    for name in try metaFolders(in: place + "/inputs") {
      let meta = try MetaFile("\(place)/inputs/\(name)/meta.yaml")
      guard meta.text("source_type") == "DATASET" else { continue }
      let dataset = try MetaFile("\(datasets)\(meta.need("source_id"))/meta.yaml")
      inputs.append(
        RunInput(
          Dataset(
            name: try dataset.need("name"), digest: try dataset.need("digest"),
            sourceType: dataset.text("source_type") ?? "", source: dataset.text("source") ?? "",
            schema: dataset.text("schema"), profile: dataset.text("profile")),
          tags: meta.mapping("tags")))
    }
    return inputs.sorted { ($0.dataset.name, $0.dataset.digest) < ($1.dataset.name, $1.dataset.digest) }
  }

  /// Returns the logged models that came out of a run.
  public func outputs(of row: RunRow) throws -> [RunOutput] {
    let place = try folder(of: row) + "/outputs"
    return try metaFolders(in: place).map { name in
      let meta = try MetaFile("\(place)/\(name)/meta.yaml")
      return RunOutput(model: meta.text("destination_id") ?? name, step: try meta.integer("step") ?? 0)
    }
  }

  private func metaFolders(in folder: String) throws -> [String] {
    guard isDirectory(folder) else { return [] }
    return try names(in: folder).filter { FileKind(at: "\(folder)/\($0)/meta.yaml")?.isFile == true }
  }

  /// Returns the logged models of an experiment.
  public func loggedModels(in experiment: Experiment) throws -> [LoggedModel] {
    let folder = folder(of: experiment) + "/models"
    var models: [LoggedModel] = []
    for name in try metaFolders(in: folder) {
      do {
        if let model = try loggedModel(in: "\(folder)/\(name)", of: experiment) { models.append(model) }
      } catch let error as TrackingError {
        report("logged model '\(name)': \(error.message)")
      }
    }
    return models
  }

  private func loggedModel(in folder: String, of experiment: Experiment) throws -> LoggedModel? {
    let meta = try MetaFile(folder + "/meta.yaml")
    guard meta.text("lifecycle_stage") != "deleted" else { return nil }
    let created = try meta.time("creation_timestamp") ?? Timestamp(milliseconds: 0)
    var metrics: [LoggedModelMetric] = []
    for (name, _) in try files(below: folder + "/metrics") {
      for line in try fileText("\(folder)/metrics/\(name)").split(separator: "\n") {
        // Time, value, step, run, and perhaps a dataset's name and digest.
        let parts = line.split(separator: " ").map(String.init)
        guard parts.count >= 4, let time = Int64(parts[0]), let value = MLflowNames.number(parts[1]),
          let step = Int64(parts[2]), let run = RunID(parts[3])
        else {
          report("metric '\(name)' of logged model '\(lastName(folder))' has a line that is no point: '\(line)'")
          continue
        }
        metrics.append(
          LoggedModelMetric(
            name: name, point: MetricPoint(step: step, time: Timestamp(milliseconds: time), value: value), run: run,
            dataset: parts.count >= 6 ? .init(name: parts[4], digest: parts[5]) : nil))
      }
    }
    return LoggedModel(
      id: try meta.need("model_id"), experiment: experiment.name, name: meta.text("name") ?? "",
      source: meta.text("source_run_id").flatMap { RunID($0) }, status: MLflowNames.modelStatus(meta.text("status")),
      type: meta.text("model_type") ?? "", created: created,
      updated: try meta.time("last_updated_timestamp") ?? created, parameters: try texts(below: folder + "/params"),
      tags: try texts(below: folder + "/tags"), metrics: metrics.latestOfEach)
  }

  /// Returns where a logged model's artifacts are.
  public func artifactPlace(of model: LoggedModel) throws -> String? {
    guard let experiment = try experiments().first(where: { $0.name == model.experiment }) else { return nil }
    let folder = "\(folder(of: experiment))/models/\(model.id)"
    return place(said: try MetaFile(folder + "/meta.yaml").text("artifact_location"), beside: folder + "/artifacts")
  }

  /// Returns the registered models.
  public func registeredModels() throws -> [RegisteredModel] {
    let folder = root + "/models"
    var models: [RegisteredModel] = []
    for name in try metaFolders(in: folder) {
      do {
        let meta = try MetaFile("\(folder)/\(name)/meta.yaml")
        let created = try meta.time("creation_timestamp") ?? Timestamp(milliseconds: 0)
        models.append(
          RegisteredModel(
            name: meta.text("name") ?? name, created: created,
            updated: try meta.time("last_updated_timestamp") ?? created, description: meta.text("description") ?? "",
            tags: try texts(below: "\(folder)/\(name)/tags"),
            aliases: try texts(below: "\(folder)/\(name)/aliases").compactMapValues {
              Int($0.split(whereSeparator: \.isWhitespace).first ?? "")
            }))
      } catch let error as TrackingError {
        report("registered model '\(name)': \(error.message)")
      }
    }
    return models
  }

  /// Returns the versions of all registered models.
  public func modelVersions() throws -> [ModelVersion] {
    let folder = root + "/models"
    var versions: [ModelVersion] = []
    for model in try metaFolders(in: folder) {
      for name in try metaFolders(in: "\(folder)/\(model)") where name.hasPrefix("version-") {
        do {
          let meta = try MetaFile("\(folder)/\(model)/\(name)/meta.yaml")
          guard meta.text("current_stage") != MLflowNames.deletedStage else { continue }
          let created = try meta.time("creation_timestamp") ?? Timestamp(milliseconds: 0)
          guard let number = try meta.integer("version") ?? Int64(name.dropFirst(8)) else { continue }
          versions.append(
            ModelVersion(
              model: meta.text("name") ?? model, version: Int(number), created: created,
              updated: try meta.time("last_updated_timestamp") ?? created,
              description: meta.text("description") ?? "", user: meta.text("user_id") ?? "",
              source: meta.text("source") ?? "", run: meta.text("run_id").flatMap { RunID($0) },
              loggedModel: meta.text("model_id"), stage: meta.text("current_stage") ?? "None",
              tags: try texts(below: "\(folder)/\(model)/\(name)/tags")))
        } catch let error as TrackingError {
          report("'\(name)' of registered model '\(model)': \(error.message)")
        }
      }
    }
    return versions
  }
}

extension [LoggedModelMetric] {
  /// Of several with the same name, run and dataset the one of the latest step and time.
  var latestOfEach: [LoggedModelMetric] {
    var latest: [[String]: LoggedModelMetric] = [:]
    for metric in self {
      let key = [metric.name, metric.run.text, metric.dataset?.name ?? "", metric.dataset?.digest ?? ""]
      if let other = latest[key],
        (other.point.step, other.point.time) > (metric.point.step, metric.point.time)
      {
        continue
      }
      latest[key] = metric
    }
    return latest.values.sorted {
      ($0.name, $0.run, $0.dataset?.name ?? "") < ($1.name, $1.run, $1.dataset?.name ?? "")
    }
  }
}
