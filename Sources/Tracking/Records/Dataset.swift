/// A dataset, as whoever used it describes it. Name and digest tell one from another in an experiment.
public struct Dataset: Sendable, Hashable {
  /// The name; not empty.
  public var name: String
  /// A fingerprint of the content; not empty.
  public var digest: String
  /// What kind of place it came from: `local`, `http`, `delta_table` and the like.
  public var sourceType: String
  /// The place, a text of the kind's own form.
  public var source: String
  /// Its columns, a text of the describer's own form; nil where they are not told.
  public var schema: String?
  /// What is known of its size, a text of the describer's own form; nil where it is not told.
  public var profile: String?

  /// Describes a dataset.
  public init(
    name: String, digest: String, sourceType: String, source: String, schema: String? = nil, profile: String? = nil
  ) {
    self.name = name
    self.digest = digest
    self.sourceType = sourceType
    self.source = source
    self.schema = schema
    self.profile = profile
  }
}

/// A dataset that went into a run.
public struct RunInput: Sendable, Equatable {
  /// The dataset.
  public var dataset: Dataset
  /// What is said of its use: `mlflow.data.context` and the like.
  public var tags: [String: String]

  /// Names a dataset and its use.
  public init(_ dataset: Dataset, tags: [String: String] = [:]) {
    self.dataset = dataset
    self.tags = tags
  }
}
