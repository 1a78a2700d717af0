internal import Tracking

/// The trials of a sweep as the store has them: read once, then kept up with what the loop commits, so that an ask of a
/// plugin costs what is new and not what there is.
struct TrialRecords {
  private(set) var trials: [Trial]
  /// The last change that the loop knows of. Others (a tag, an effective parameter) concern no trial's record.
  private(set) var lastEvent: EventNumber
  private var numbers: [RunID: Int]

  /// Reads them.
  init(of sweep: RunID, in store: any TrackingReader) throws {
    trials = try store.trials(of: sweep, asOf: nil)
    lastEvent = try store.lastEvent(of: sweep)
    numbers = Dictionary(uniqueKeysWithValues: trials.map { ($0.run, $0.number) })
  }

  /// Takes over what was committed.
  ///
  /// - Parameters:
  ///   - changes: each of which took a number.
  ///   - last: the number of the last.
  mutating func follow(_ changes: [Change], upTo last: EventNumber) {
    for (place, change) in changes.enumerated() {
      let event = last - EventNumber(changes.count - 1 - place)
      switch change {
      case .createRun(let run):
        numbers[run.id] = trials.count
        trials.append(
          Trial(
            run: run.id, number: trials.count, parameters: run.parameters, state: run.state, observed: 0,
            proposed: event, continues: run.origin["continues"]?.text.flatMap { RunID($0) }))
      case .transition(let run, let state, _):
        update(run) {
          $0.state = state
          $0.ended = state.isFinal ? event : nil
        }
      case .observe(let run, let count): update(run) { $0.observed = count }
      case .allow(let run, let points): update(run) { $0.allowance = points }
      case .beginAttempt(let run, let number, _, let continues) where !continues:
        update(run) {
          guard $0.attempt != number else { return }
          $0.attempt = number
          $0.observed = 0
        }
      default: break
      }
    }
    lastEvent = last
  }

  private mutating func update(_ run: RunID, _ change: (inout Trial) -> Void) {
    if let number = numbers[run] { change(&trials[number]) }
  }
}
