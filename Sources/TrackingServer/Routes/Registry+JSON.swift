internal import Tracking

extension JSONPen {
  /// Writes the fields of a registered model, with the latest version of each stage.
  ///
  /// - Parameter versions: its versions, newest first.
  mutating func registeredModelFields(_ model: RegisteredModel, versions: [ModelVersion]) {
    field("name", model.name)
    field("creation_timestamp", model.created.milliseconds)
    field("last_updated_timestamp", model.updated.milliseconds)
    if !model.description.isEmpty { field("description", model.description) }
    list("latest_versions", versions.latestByStage) { pen, version in
      pen.object { $0.modelVersionFields(version, of: model) }
    }
    pairs("tags", model.tags)
    list("aliases", model.aliases.sorted { $0.key < $1.key }) { pen, alias in
      pen.object {
        $0.field("alias", alias.key)
        $0.field("version", String(alias.value))
      }
    }
  }

  /// Writes the fields of a version of a registered model.
  mutating func modelVersionFields(_ version: ModelVersion, of model: RegisteredModel) {
    field("name", version.model)
    field("version", String(version.version))
    field("creation_timestamp", version.created.milliseconds)
    field("last_updated_timestamp", version.updated.milliseconds)
    if !version.user.isEmpty { field("user_id", version.user) }
    field("current_stage", version.stage)
    field("description", version.description)
    field("source", version.source)
    field("run_id", version.run?.text ?? "")
    field("status", "READY")
    pairs("tags", version.tags)
    field("run_link", "")
    list("aliases", model.aliases.filter { $0.value == version.version }.keys.sorted()) { $0.element($1) }
  }
}

extension [ModelVersion] {
  /// The newest version of each stage that has one, of versions that stand newest first.
  var latestByStage: [ModelVersion] {
    var seen: Set<String> = []
    return filter { seen.insert($0.stage).inserted }
  }
}
