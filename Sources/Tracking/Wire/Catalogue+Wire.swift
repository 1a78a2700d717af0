extension Experiment: WireRecord {
  package var wire: Value {
    .record([
      "id": id, "name": name, "created": created, "updated": updated, "runs": runs, "deleted": deleted, "tags": tags,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an experiment")
    self.init(
      id: try fields.get("id"), name: try fields.get("name"), created: try fields.get("created"),
      updated: try fields.get("updated"), runs: try fields.get("runs"), deleted: try fields.optional("deleted"),
      tags: try fields.get("tags"))
  }
}

extension Dataset: WireRecord {
  package var wire: Value {
    .record([
      "name": name, "digest": digest, "source_type": sourceType, "source": source, "schema": schema,
      "profile": profile,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a dataset")
    self.init(
      name: try fields.get("name"), digest: try fields.get("digest"), sourceType: try fields.get("source_type"),
      source: try fields.get("source"), schema: try fields.optional("schema"),
      profile: try fields.optional("profile"))
  }
}

extension RunInput: WireRecord {
  package var wire: Value { .record(["dataset": dataset, "tags": tags]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an input")
    self.init(try fields.get("dataset"), tags: try fields.get("tags", or: [:]))
  }
}

extension RunOutput: WireRecord {
  package var wire: Value { .record(["model": model, "step": step]) }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "an output")
    self.init(model: try fields.get("model"), step: try fields.get("step", or: 0))
  }
}

extension RegisteredModel: WireRecord {
  package var wire: Value {
    .record([
      "name": name, "created": created, "updated": updated, "description": description, "tags": tags,
      "aliases": aliases,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a registered model")
    self.init(
      name: try fields.get("name"), created: try fields.get("created"), updated: try fields.get("updated"),
      description: try fields.get("description"), tags: try fields.get("tags"), aliases: try fields.get("aliases"))
  }
}

extension ModelVersion: WireRecord {
  package var wire: Value {
    .record([
      "model": model, "version": version, "created": created, "updated": updated, "description": description,
      "user": user, "source": source, "run": run, "logged_model": loggedModel, "stage": stage, "tags": tags,
    ])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a model version")
    self.init(
      model: try fields.get("model"), version: try fields.get("version"), created: try fields.get("created"),
      updated: try fields.get("updated"), description: try fields.get("description"), user: try fields.get("user"),
      source: try fields.get("source"), run: try fields.optional("run"),
      loggedModel: try fields.optional("logged_model"), stage: try fields.get("stage"), tags: try fields.get("tags"))
  }
}

extension AccessToken: WireRecord {
  package var wire: Value {
    .record(["id": id, "hash": hash, "scope": scope, "run": run, "created": created, "expires": expires])
  }
  package init(wire: Value) throws {
    let fields = try WireFields(wire, "a token")
    self.init(
      id: try fields.get("id"), hash: try fields.get("hash"), scope: try fields.get("scope"),
      run: try fields.optional("run"), created: try fields.get("created"), expires: try fields.optional("expires"))
  }
}
