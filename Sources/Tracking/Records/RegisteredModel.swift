/// A name under which versions of a model are kept.
public struct RegisteredModel: Sendable, Equatable {
  /// The name; unique in a store.
  public var name: String
  /// When it was recorded.
  public var created: Timestamp
  /// When it or one of its versions was last changed.
  public var updated: Timestamp
  /// What it is, in a person's words; may be empty.
  public var description: String
  /// Its tags.
  public var tags: [String: String]
  /// Versions by their aliases.
  public var aliases: [String: Int]

  /// Makes a registered model of all its fields.
  public init(
    name: String, created: Timestamp, updated: Timestamp, description: String = "", tags: [String: String] = [:],
    aliases: [String: Int] = [:]
  ) {
    self.name = name
    self.created = created
    self.updated = updated
    self.description = description
    self.tags = tags
    self.aliases = aliases
  }
}

/// A version of a registered model.
public struct ModelVersion: Sendable, Equatable {
  /// The registered model's name.
  public var model: String
  /// The version, from 1; never used again.
  public var version: Int
  /// When it was recorded.
  public var created: Timestamp
  /// When it was last changed.
  public var updated: Timestamp
  /// What it is, in a person's words; may be empty.
  public var description: String
  /// Who recorded it; may be empty.
  public var user: String
  /// Where its files are, as whoever recorded it says. It is kept as a text and never opened.
  public var source: String
  /// The run that it came from; nil for none.
  public var run: RunID?
  /// The logged model that it is; nil for none.
  public var loggedModel: String?
  /// Its stage: `None`, `Staging`, `Production` or `Archived`.
  public var stage: String
  /// Its tags.
  public var tags: [String: String]

  /// Makes a version of all its fields.
  public init(
    model: String, version: Int, created: Timestamp, updated: Timestamp, description: String = "", user: String = "",
    source: String = "", run: RunID? = nil, loggedModel: String? = nil, stage: String = "None",
    tags: [String: String] = [:]
  ) {
    self.model = model
    self.version = version
    self.created = created
    self.updated = updated
    self.description = description
    self.user = user
    self.source = source
    self.run = run
    self.loggedModel = loggedModel
    self.stage = stage
    self.tags = tags
  }
}

/// A change of the model registry. `.notFound` for a model or version that is not there.
public enum RegistryChange: Sendable, Equatable {
  /// Records a model; `updated` and aliases are not taken from it, `created` is at most the store's clock. `.conflict` when the
  /// name is taken.
  case create(RegisteredModel)
  /// Gives a model another name. `.conflict` when that is taken.
  case rename(String, to: String)
  /// Says what a model is.
  case describe(String, String)
  /// Sets a model's tag, or removes it (nil).
  case setTag(String, name: String, value: String?)
  /// Points an alias to a version, or removes it (nil).
  case setAlias(String, alias: String, version: Int?)
  /// Removes a model with its versions.
  case delete(String)
  /// Records a version; its number is the next of the model, `created` is at most the store's clock, which `updated` is.
  case createVersion(ModelVersion)
  /// Says what a version is.
  case describeVersion(String, Int, String)
  /// Moves a version to a stage; the others that are there go to `Archived` when asked.
  case setStage(String, Int, String, archivingOthers: Bool)
  /// Sets a version's tag, or removes it (nil).
  case setVersionTag(String, Int, name: String, value: String?)
  /// Removes a version, and the aliases that point to it.
  case deleteVersion(String, Int)
}
