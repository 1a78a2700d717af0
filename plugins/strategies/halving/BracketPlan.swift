internal import Tracking

/// Which trials belong to which bracket: numbers in order, the deepest bracket first, again and again.
struct BracketPlan {
  /// A bracket with its trials.
  struct Planned {
    /// How often a bracket was opened before it.
    var opened: Int
    /// Its number in the paper's sense: how many times it halves.
    var s: Int
    /// The numbers of its trials.
    var trials: Range<Int>
    /// Its rounds.
    var rounds: Brackets.Bracket

    /// What people call it.
    var name: String { "bracket \(s)" }

    /// What a trial may log in a round; nil in the last one, which is a whole training.
    func allowance(in round: Int) -> Int? { round == s ? nil : rounds.resources[round] }

    /// The numbers behind a first trial.
    var details: Value {
      [
        "bracket": .integer(Int64(s)), "opened": .integer(Int64(opened)),
        "counts": .list(rounds.counts.map { .integer(Int64($0)) }),
        "resources": .list(rounds.resources.map { .integer(Int64($0)) }),
      ]
    }
  }

  private let brackets: Brackets
  private let limit: Int
  private var opened = 0
  private var first = 0

  /// - Parameter limit: how many trials there may be; the bracket in which they run out is smaller.
  init(_ brackets: Brackets, limit: Int) {
    self.brackets = brackets
    self.limit = limit
  }

  /// Returns the next bracket; nil when no trial is left for it.
  mutating func next() -> Planned? {
    let left = limit - first
    guard left > 0 else { return nil }
    let s = brackets.deepest - opened % (brackets.deepest + 1)
    var rounds = brackets.bracket(s)
    if rounds.counts[0] > left { rounds = brackets.bracket(s, trials: left) }
    let planned = Planned(opened: opened, s: s, trials: first..<first + rounds.counts[0], rounds: rounds)
    opened += 1
    first = planned.trials.upperBound
    return planned
  }
}
