/// What an import did.
public struct ImportSummary: Sendable, Equatable {
  /// Experiments that were made.
  public var experiments = 0
  /// Runs that were recorded.
  public var runs = 0
  /// Runs that were there already, with the same content.
  public var present = 0
  /// Runs that were there with other content and were left alone: a sentence each.
  public var differing: [String] = []
  /// Points that were recorded.
  public var points = 0
  /// Files that were stored, of runs and logged models.
  public var files = 0
  /// The size of these files in bytes.
  public var bytes: Int64 = 0
  /// Logged models that were recorded.
  public var loggedModels = 0
  /// Versions of registered models that were recorded.
  public var modelVersions = 0
  /// What could not be read or recorded, and was left out: a sentence each.
  public var problems: [String] = []

  /// Makes a summary of nothing.
  public init() {}
}

/// How far an import is.
public struct ImportProgress: Sendable {
  /// Runs that were looked at.
  public var runs: Int
  /// How many there are; nil where that is not known.
  public var total: Int?
  /// What is being done.
  public var deed: String
}
