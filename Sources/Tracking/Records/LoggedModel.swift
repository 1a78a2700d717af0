/// A model that was logged: a record of its own, with artifacts of its own, mostly the output of a run.
public struct LoggedModel: Sendable, Equatable {
  /// How far a model is.
  public enum Status: String, Sendable, CaseIterable {
    /// Its artifacts are on their way.
    case pending
    /// It can be loaded.
    case ready
    /// Its upload failed.
    case failed
  }

  /// The id: a text without slashes that the caller brings; unique in a store.
  public var id: String
  /// The experiment's name.
  public var experiment: String
  /// The name; not unique.
  public var name: String
  /// The run that made it; nil for none.
  public var source: RunID?
  /// How far it is.
  public var status: Status
  /// What kind of model it is, in its maker's words; may be empty.
  public var type: String
  /// When it was recorded.
  public var created: Timestamp
  /// When it was last changed.
  public var updated: Timestamp
  /// When it was deleted; nil while it is not.
  public var deleted: Timestamp?
  /// Its parameters, as texts.
  public var parameters: [String: String]
  /// Its tags.
  public var tags: [String: String]
  /// Its metrics: the latest of each name, run and dataset, by name.
  public var metrics: [LoggedModelMetric]

  /// Makes a model of all its fields.
  public init(
    id: String, experiment: String, name: String, source: RunID? = nil, status: Status = .pending, type: String = "",
    created: Timestamp, updated: Timestamp, deleted: Timestamp? = nil, parameters: [String: String] = [:],
    tags: [String: String] = [:], metrics: [LoggedModelMetric] = []
  ) {
    self.id = id
    self.experiment = experiment
    self.name = name
    self.source = source
    self.status = status
    self.type = type
    self.created = created
    self.updated = updated
    self.deleted = deleted
    self.parameters = parameters
    self.tags = tags
    self.metrics = metrics
  }
}

/// A value that a run measured of a logged model.
public struct LoggedModelMetric: Sendable, Equatable {
  /// The metric's name.
  public var name: String
  /// The point.
  public var point: MetricPoint
  /// The run that measured it.
  public var run: RunID
  /// Name and digest of the dataset that it was measured on; nil where that is not told.
  public var dataset: DatasetName?

  /// What tells a dataset from another.
  public struct DatasetName: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The digest.
    public var digest: String

    /// Names a dataset.
    public init(name: String, digest: String) {
      self.name = name
      self.digest = digest
    }
  }

  /// Makes a value of all its fields.
  public init(name: String, point: MetricPoint, run: RunID, dataset: DatasetName? = nil) {
    self.name = name
    self.point = point
    self.run = run
    self.dataset = dataset
  }
}

/// A logged model that came out of a run.
public struct RunOutput: Sendable, Hashable {
  /// The model's id.
  public var model: String
  /// The step of the run at which it was logged.
  public var step: Int64

  /// Names a model and a step.
  public init(model: String, step: Int64 = 0) {
    self.model = model
    self.step = step
  }
}

/// An artifact of a logged model; the run of the artifact record does not count here.
public struct LoggedModelFile: Sendable, Equatable {
  /// Its path below the model's artifacts, as `model.pkl`.
  public var path: String
  /// The tarball that holds it.
  public var digest: Digest
  /// The tarball's size in bytes.
  public var bytes: Int64
  /// The file's size in bytes.
  public var contentBytes: Int64
  /// When it was attached.
  public var time: Timestamp

  /// Makes a file of all its fields.
  public init(path: String, digest: Digest, bytes: Int64, contentBytes: Int64, time: Timestamp) {
    self.path = path
    self.digest = digest
    self.bytes = bytes
    self.contentBytes = contentBytes
    self.time = time
  }
}

/// A change of a logged model, which is named by its id. `.notFound` where there is none.
public enum LoggedModelChange: Sendable, Equatable {
  /// Records a model; its times are the store's clock, and its metrics are not recorded. `.conflict` when the id is taken.
  case create(LoggedModel)
  /// Says how far it is.
  case setStatus(String, LoggedModel.Status)
  /// Sets a parameter; another value than before is a `.conflict`.
  case setParameter(String, name: String, value: String)
  /// Sets a tag, or removes it (nil).
  case setTag(String, name: String, value: String?)
  /// Records what a run measured of it; of several with the same name, run and dataset the latest counts.
  case log(String, [LoggedModelMetric])
  /// Points a path below its artifacts to a stored tarball; the time is the store's clock.
  case attach(String, LoggedModelFile)
  /// Takes a path from its artifacts; nothing where it has none.
  case detach(String, path: String)
  /// Hides it; nothing where it is deleted.
  case delete(String)
}
