internal import Synchronization

/// What the sessions of one sweep have read of its trials, so that an ask costs what is new and not what there is.
///
/// It changes no answer: points that deciders may see are never changed, so a longer series replaces a shorter one. The
/// one exception, a trial that starts over, is told apart by the count.
public final class TrialMemory: Sendable {
  private let known = Mutex<[RunID: MetricColumns]>([:])

  /// Makes an empty memory.
  public init() {}

  /// Returns the remembered points of the primary metric, as many as deciders may see; nil when they were not read yet.
  public func objective(of trial: Trial) -> MetricColumns? {
    known.withLock { $0[trial.run].flatMap { $0.count == trial.observed ? $0 : nil } }
  }

  /// Remembers the points of the primary metric that deciders may see.
  public func remember(_ columns: MetricColumns, of trial: Trial) {
    guard columns.count == trial.observed else { return }
    known.withLock { $0[trial.run] = columns }
  }

  /// Forgets a trial, which starts over.
  public func forget(_ run: RunID) { known.withLock { $0[run] = nil } }
}
