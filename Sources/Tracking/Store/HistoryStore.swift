/// Reads and records whole histories: what moves runs from a store to another with their ids, times and order of changes.
///
/// Only a store with its files at hand does this; one behind a server does not.
public protocol HistoryStore: Sendable {
  /// Hands out the histories of runs, with those below and above them, in the order that `HistoryRecord` tells.
  ///
  /// A trial brings its sweep without its other trials, and the trials whose checkpoints it continues; the sweep then says
  /// that it is not whole. All of it is one moment of the store, which stays open until the call returns. Memory holds one
  /// run's history, 65,536 points, and 8 bytes a change of one family.
  ///
  /// - Throws: `.notFound`; what `body` throws.
  func readHistories(of runs: [RunID], _ body: (HistoryRecord) throws -> Void) throws

  /// Tells what recording histories would do; records nothing.
  ///
  /// - Throws: as `recordHistories`.
  func checkHistories(_ next: () throws -> HistoryRecord?) throws -> HistoryOutcome

  /// Records histories that another store handed out, all of them in one commit, or none.
  ///
  /// Ids and times are kept; changes get new numbers in their order, and what decisions say they had seen is numbered with
  /// them. A run that is here as far as its history goes, or further, is left as it is; one whose history goes on is extended,
  /// and its family's changes are numbered anew. Other writers wait meanwhile.
  ///
  /// - Parameters:
  ///   - families: only these are recorded, by the run at their top: those of which `checkHistories` said that something is
  ///     new. Nil for all.
  ///   - next: returns the next record; nil at the end.
  /// - Throws: `.conflict` naming a run that is here with other content, and what differs; `.invalid` for records that
  ///   contradict each other; what `next` throws. Nothing is recorded then.
  func recordHistories(
    of families: Set<RunID>?, _ next: () throws -> HistoryRecord?
  ) throws -> HistoryOutcome
}

/// What recording histories did.
public struct HistoryOutcome: Sendable, Equatable {
  /// Runs that were not here.
  public var added = 0
  /// Runs that were here and go on now.
  public var extended = 0
  /// Runs that were here already, as they are or further on.
  public var present = 0
  /// Points that were not here.
  public var points = 0
  /// Logged models that were not here, or were changed.
  public var models = 0
  /// Families of runs to which something was new, by the run at their top.
  public var changedFamilies: Set<RunID> = []
  /// What is here of sweeps that are not whole, as `2 of 40 trials`.
  public var parts: [RunID: String] = [:]

  /// Begins with nothing.
  public init() {}

  /// True when nothing was new.
  public var isNothing: Bool { changedFamilies.isEmpty && models == 0 }
}
