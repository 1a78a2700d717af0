extension RegistryChange: WireRecord {
  package var wire: Value {
    switch self {
    case .create(let model): ["create": model.wire]
    case .rename(let name, let to): ["rename": .record(["name": name, "to": to])]
    case .describe(let name, let text): ["describe": .record(["name": name, "description": text])]
    case .setTag(let name, let tag, let value):
      ["set_tag": .record(["name": name, "tag": tag, "value": value])]
    case .setAlias(let name, let alias, let version):
      ["set_alias": .record(["name": name, "alias": alias, "version": version])]
    case .delete(let name): ["delete": .record(["name": name])]
    case .createVersion(let version): ["create_version": version.wire]
    case .describeVersion(let name, let version, let text):
      ["describe_version": .record(["name": name, "version": version, "description": text])]
    case .setStage(let name, let version, let stage, let archiving):
      ["set_stage": .record(["name": name, "version": version, "stage": stage, "archiving_others": archiving])]
    case .setVersionTag(let name, let version, let tag, let value):
      ["set_version_tag": .record(["name": name, "version": version, "tag": tag, "value": value])]
    case .deleteVersion(let name, let version): ["delete_version": .record(["name": name, "version": version])]
    }
  }

  package init(wire: Value) throws {
    let change = try WireCase(wire, "a change of the registry")
    let fields = try change.fields()
    func name() throws -> String { try fields.get("name") }
    func version() throws -> Int { try fields.get("version") }
    switch change.name {
    case "create": self = .create(try RegisteredModel(wire: change.value))
    case "rename": self = .rename(try name(), to: try fields.get("to"))
    case "describe": self = .describe(try name(), try fields.get("description"))
    case "set_tag": self = .setTag(try name(), name: try fields.get("tag"), value: try fields.optional("value"))
    case "set_alias":
      self = .setAlias(try name(), alias: try fields.get("alias"), version: try fields.optional("version"))
    case "delete": self = .delete(try name())
    case "create_version": self = .createVersion(try ModelVersion(wire: change.value))
    case "describe_version": self = .describeVersion(try name(), try version(), try fields.get("description"))
    case "set_stage":
      self = .setStage(
        try name(), try version(), try fields.get("stage"),
        archivingOthers: try fields.get("archiving_others", or: false))
    case "set_version_tag":
      self = .setVersionTag(
        try name(), try version(), name: try fields.get("tag"), value: try fields.optional("value"))
    case "delete_version": self = .deleteVersion(try name(), try version())
    default: throw change.unknown
    }
  }
}
