extension ExperimentChange: WireRecord {
  package var wire: Value {
    switch self {
    case .create(let name, let id, let tags, let created):
      ["create": .record(["name": name, "id": id, "tags": tags, "created": created])]
    case .rename(let name, let to): ["rename": .record(["name": name, "to": to])]
    case .delete(let name): ["delete": .record(["name": name])]
    case .restore(let name): ["restore": .record(["name": name])]
    case .setTag(let name, let tag, let value):
      ["set_tag": .record(["name": name, "tag": tag, "value": value])]
    }
  }
  package init(wire: Value) throws {
    let change = try WireCase(wire, "a change of an experiment")
    let fields = try change.fields()
    let name: String = try fields.get("name")
    switch change.name {
    case "create":
      self = .create(
        name: name, id: try fields.optional("id"), tags: try fields.get("tags", or: [:]),
        created: try fields.optional("created"))
    case "rename": self = .rename(name, to: try fields.get("to"))
    case "delete": self = .delete(name)
    case "restore": self = .restore(name)
    case "set_tag": self = .setTag(name, name: try fields.get("tag"), value: try fields.optional("value"))
    default: throw change.unknown
    }
  }
}

extension LoggedModelChange: WireRecord {
  package var wire: Value {
    switch self {
    case .create(let model): ["create": model.wire]
    case .setStatus(let id, let status): ["set_status": .record(["id": id, "status": status])]
    case .setParameter(let id, let name, let value):
      ["set_parameter": .record(["id": id, "name": name, "value": value])]
    case .setTag(let id, let name, let value): ["set_tag": .record(["id": id, "name": name, "value": value])]
    case .log(let id, let metrics): ["log": .record(["id": id, "metrics": metrics])]
    case .attach(let id, let file): ["attach": .record(["id": id, "file": file])]
    case .detach(let id, let path): ["detach": .record(["id": id, "path": path])]
    case .delete(let id): ["delete": .record(["id": id])]
    }
  }
  package init(wire: Value) throws {
    let change = try WireCase(wire, "a change of a model")
    let fields = try change.fields()
    let id: String = try fields.get("id")
    switch change.name {
    case "create": self = .create(try LoggedModel(wire: change.value))
    case "set_status": self = .setStatus(id, try fields.get("status"))
    case "set_parameter":
      self = .setParameter(id, name: try fields.get("name"), value: try fields.get("value"))
    case "set_tag": self = .setTag(id, name: try fields.get("name"), value: try fields.optional("value"))
    case "log": self = .log(id, try fields.get("metrics"))
    case "attach": self = .attach(id, try fields.get("file"))
    case "detach": self = .detach(id, path: try fields.get("path"))
    case "delete": self = .delete(id)
    default: throw change.unknown
    }
  }
}

extension TokenChange: WireRecord {
  package var wire: Value {
    switch self {
    case .create(let token): ["create": token.wire]
    case .revoke(let id): ["revoke": .record(["id": id])]
    }
  }
  package init(wire: Value) throws {
    let change = try WireCase(wire, "a change of a token")
    switch change.name {
    case "create": self = .create(try AccessToken(wire: change.value))
    case "revoke": self = .revoke(id: try change.fields().get("id"))
    default: throw change.unknown
    }
  }
}
