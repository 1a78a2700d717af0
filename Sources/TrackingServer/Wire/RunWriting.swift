internal import Tracking

extension JSONPen {
  /// Writes the fields of a run's `info`.
  mutating func infoFields(_ run: Run, experiment: Int64, user: String) {
    field("run_uuid", run.id.text)
    field("run_id", run.id.text)
    field("experiment_id", String(experiment))
    field("run_name", run.name ?? "")
    field("user_id", user)
    field("status", RunStatus(run.state).rawValue)
    field("start_time", (run.started ?? run.created).milliseconds)
    if let ended = run.ended { field("end_time", ended.milliseconds) }
    field("artifact_uri", "mlflow-artifacts:/\(experiment)/\(run.id)/artifacts")
    field("lifecycle_stage", run.deleted == nil ? "active" : "deleted")
  }

  /// Writes the fields of a run: `info`, `data`, `inputs`, `outputs`.
  mutating func run(_ row: RunRow, experiment: Int64) {
    object("info") { $0.infoFields(row.run, experiment: experiment, user: row.tags[RunTag.user] ?? "") }
    object("data") { data in
      data.list("metrics", row.metrics) { pen, series in pen.metric(series.name, series.latest) }
      data.list("params", row.parameters) { pen, parameter in
        pen.object {
          $0.field("key", parameter.name)
          $0.field("value", parameter.value.plain)
        }
      }
      data.list("tags", RunTag.shown(row)) { pen, tag in pen.tag(tag.key, tag.value) }
    }
    object("inputs") { pen in
      pen.list("dataset_inputs", row.inputs) { $0.input($1) }
      pen.list("model_inputs", InputModels.read(row.tags)) { pen, model in
        pen.object { $0.field("model_id", model) }
      }
    }
    object("outputs") { pen in
      pen.list("model_outputs", row.outputs) { pen, output in
        pen.object {
          $0.field("model_id", output.model)
          $0.field("step", output.step)
        }
      }
    }
  }

  /// Writes a point of a metric as an element of a list.
  mutating func metric(_ name: String, _ point: MetricPoint, run: RunID? = nil) {
    object { pen in
      pen.field("key", name)
      pen.field("value", point.value)
      pen.field("timestamp", point.time.milliseconds)
      pen.field("step", point.step)
      if let run { pen.field("run_id", run.text) }
    }
  }

  /// Writes a name and a value as an element of a list.
  mutating func tag(_ key: String, _ value: String) {
    object {
      $0.field("key", key)
      $0.field("value", value)
    }
  }

  private mutating func input(_ input: RunInput) {
    object { pen in
      pen.list("tags", input.tags.sorted { $0.key < $1.key }) { $0.tag($1.key, $1.value) }
      pen.object("dataset") { pen in
        pen.field("name", input.dataset.name)
        pen.field("digest", input.dataset.digest)
        pen.field("source_type", input.dataset.sourceType)
        pen.field("source", input.dataset.source)
        if let schema = input.dataset.schema { pen.field("schema", schema) }
        if let profile = input.dataset.profile { pen.field("profile", profile) }
      }
    }
  }
}
