/// An experiment: a name under which runs are kept together.
public struct Experiment: Sendable, Equatable {
  /// Its number; unique in a store, and never used again.
  public var id: Int64
  /// The name; unique in a store, deleted experiments included.
  public var name: String
  /// When it was first used.
  public var created: Timestamp
  /// When it was last renamed, deleted, restored or tagged; `created` before that.
  public var updated: Timestamp
  /// How many runs it has, trials, sweeps and deleted ones included.
  public var runs: Int
  /// When it was deleted; nil while it is not.
  public var deleted: Timestamp?
  /// Its tags.
  public var tags: [String: String]

  /// Makes an experiment of all its fields.
  public init(
    id: Int64, name: String, created: Timestamp, updated: Timestamp, runs: Int, deleted: Timestamp? = nil,
    tags: [String: String] = [:]
  ) {
    self.id = id
    self.name = name
    self.created = created
    self.updated = updated
    self.runs = runs
    self.deleted = deleted
    self.tags = tags
  }
}

/// A change of an experiment, which is named by its present name. `.notFound` where there is none.
public enum ExperimentChange: Sendable, Equatable {
  /// Records an experiment. `.conflict` when the name or the number is taken.
  ///
  /// - Parameters:
  ///   - id: nil for the next free number from 1.
  ///   - created: of one that comes from elsewhere, at most the store's clock; nil for that.
  case create(name: String, id: Int64?, tags: [String: String], created: Timestamp? = nil)
  /// Gives it another name; its runs stay with it. `.conflict` when that is taken.
  case rename(String, to: String)
  /// Deletes it and its runs, as `Change.delete` does. Nothing where it is deleted.
  case delete(String)
  /// Takes the deletion back, also that of the runs that were deleted with it. Nothing where it is not deleted.
  case restore(String)
  /// Sets a tag, or removes it (nil).
  case setTag(String, name: String, value: String?)
}
