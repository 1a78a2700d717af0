internal import Synchronization

/// What the sessions of one sweep have read of its trials, so that an ask costs what is new and not what there is.
///
/// It changes no answer: the points of an attempt that deciders may see are never changed, so a longer series replaces a
/// shorter one.
public final class TrialMemory: Sendable {
  private struct Known {
    var attempt: Int
    var columns: MetricColumns
    // Outer nil: not worked out yet.
    var score: Double??

    func fits(_ trial: Trial) -> Bool { attempt == trial.attempt && columns.count == trial.observed }
  }

  private let known = Mutex<[RunID: Known]>([:])

  /// Makes an empty memory.
  public init() {}

  /// Returns the remembered points of the primary metric, as many as deciders may see; nil when they were not read yet.
  public func objective(of trial: Trial) -> MetricColumns? {
    known.withLock { $0[trial.run].flatMap { $0.fits(trial) ? $0.columns : nil } }
  }

  /// Returns the remembered score of the points that deciders may see; nil when it was not worked out yet.
  func score(of trial: Trial) -> Double?? {
    known.withLock { $0[trial.run].flatMap { $0.fits(trial) ? $0.score : nil } }
  }

  /// Remembers the score of points that are remembered.
  func remember(score: Double?, of trial: Trial) {
    known.withLock { known in
      guard known[trial.run]?.fits(trial) ?? false else { return }
      known[trial.run]?.score = .some(score)
    }
  }

  /// Remembers the points of the primary metric that deciders may see.
  public func remember(_ columns: MetricColumns, of trial: Trial) {
    guard columns.count == trial.observed else { return }
    known.withLock { $0[trial.run] = Known(attempt: trial.attempt, columns: columns) }
  }

  /// Forgets a trial, which starts over.
  public func forget(_ run: RunID) { known.withLock { $0[run] = nil } }
}
