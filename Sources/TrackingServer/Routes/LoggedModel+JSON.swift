internal import Tracking

extension JSONPen {
  /// Writes the fields of an answer with one logged model.
  mutating func loggedModel(_ model: LoggedModel, experiment: Int64) {
    object("model") { $0.loggedModelFields(model, experiment: experiment) }
  }

  /// Writes `info` and `data` of a logged model.
  mutating func loggedModelFields(_ model: LoggedModel, experiment: Int64) {
    object("info") { pen in
      pen.field("model_id", model.id)
      pen.field("experiment_id", String(experiment))
      pen.field("name", model.name)
      pen.field("creation_timestamp_ms", model.created.milliseconds)
      pen.field("last_updated_timestamp_ms", model.updated.milliseconds)
      pen.field("artifact_uri", ArtifactRoot.uri(ofModel: model.id, experiment: experiment))
      pen.field("status", model.status.wire)
      if !model.type.isEmpty { pen.field("model_type", model.type) }
      if let source = model.source { pen.field("source_run_id", source.text) }
      pen.pairs("tags", model.tags)
    }
    object("data") { pen in
      pen.pairs("params", model.parameters)
      pen.list("metrics", model.metrics) { pen, metric in
        pen.object { pen in
          pen.field("key", metric.name)
          pen.field("value", metric.point.value)
          pen.field("timestamp", metric.point.time.milliseconds)
          pen.field("step", metric.point.step)
          pen.field("run_id", metric.run.text)
          pen.field("model_id", model.id)
          if let dataset = metric.dataset {
            pen.field("dataset_name", dataset.name)
            pen.field("dataset_digest", dataset.digest)
          }
        }
      }
    }
  }

  /// Writes names and values as a list of `{"key", "value"}`, by name.
  mutating func pairs(_ name: StaticString, _ pairs: [String: String]) {
    list(name, pairs.sorted { $0.key < $1.key }) { pen, pair in
      pen.object {
        $0.field("key", pair.key)
        $0.field("value", pair.value)
      }
    }
  }
}

extension LoggedModel.Status {
  /// MLflow's name of it.
  var wire: String {
    switch self {
    case .pending: "LOGGED_MODEL_PENDING"
    case .ready: "LOGGED_MODEL_READY"
    case .failed: "LOGGED_MODEL_UPLOAD_FAILED"
    }
  }

  /// Reads MLflow's name, or its number.
  init?(wire value: Value?) {
    switch value {
    case .text("LOGGED_MODEL_PENDING"), .integer(1), .text("1"): self = .pending
    case .text("LOGGED_MODEL_READY"), .integer(2), .text("2"): self = .ready
    case .text("LOGGED_MODEL_UPLOAD_FAILED"), .integer(3), .text("3"): self = .failed
    default: return nil
    }
  }
}
