extension LoggedModel: WireRecord {
  package var wire: Value {
    .record([
      "id": id, "experiment": experiment, "name": name, "source": source, "status": status, "type": type,
      "created": created, "updated": updated, "deleted": deleted, "parameters": parameters, "tags": tags,
      "metrics": metrics,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a logged model")
    self.init(
      id: try fields.get("id"), experiment: try fields.get("experiment"), name: try fields.get("name"),
      source: try fields.optional("source"), status: try fields.get("status"), type: try fields.get("type"),
      created: try fields.get("created"), updated: try fields.get("updated"), deleted: try fields.optional("deleted"),
      parameters: try fields.get("parameters"), tags: try fields.get("tags"), metrics: try fields.get("metrics"))
  }
}

extension LoggedModelMetric.DatasetName: WireRecord {
  package var wire: Value { .record(["name": name, "digest": digest]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a dataset's name")
    self.init(name: try fields.get("name"), digest: try fields.get("digest"))
  }
}

extension LoggedModelMetric: WireRecord {
  package var wire: Value { .record(["name": name, "point": point, "run": run, "dataset": dataset]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a model's metric")
    self.init(
      name: try fields.get("name"), point: try fields.get("point"), run: try fields.get("run"),
      dataset: try fields.optional("dataset"))
  }
}

extension LoggedModelFile: WireRecord {
  package var wire: Value {
    .record(["path": path, "digest": digest, "bytes": bytes, "content_bytes": contentBytes, "time": time])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a model's file")
    self.init(
      path: try fields.get("path"), digest: try fields.get("digest"), bytes: try fields.get("bytes"),
      contentBytes: try fields.get("content_bytes"), time: try fields.get("time"))
  }
}
