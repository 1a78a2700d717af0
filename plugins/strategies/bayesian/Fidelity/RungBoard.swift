internal import Tracking

/// How the trials of a sweep stand at its rungs, and which of them should go on.
struct RungBoard {
  /// A paused trial that is to go on, or to end.
  struct Standing {
    var curve: Curve
    /// The rung at which it was compared.
    var rung: Int
    /// Its value there, smaller is better; nil when nothing was finite.
    var value: Double?
    /// The worst value that goes on; nil when none does.
    var cutoff: Double?
    /// Its place, from 1.
    var place: Int
    /// How many trials have reached the rung.
    var population: Int
    /// How many of them may have gone on by now.
    var places: Int
  }

  let curves: [Curve]
  let rungs: Rungs
  /// How many trials must have shown something before one may go on from the last rung.
  let fewestForWhole: Int
  // By rung, the trials that have reached it, best first.
  private let ranked: [[Int]]

  /// The least number of trials at a rung for one to be called hopeless there.
  static let fewest = 8

  init(_ curves: [Curve], rungs: Rungs, fewestForWhole: Int) {
    self.curves = curves
    self.fewestForWhole = fewestForWhole
    self.rungs = rungs
    ranked = rungs.levels.map { level in
      curves.indices.filter { curves[$0].length >= level }.sorted {
        (curves[$0].score(at: level) ?? .infinity, $0) < (curves[$1].score(at: level) ?? .infinity, $1)
      }
    }
  }

  /// The numbers of a standing as a decision's details, values as they were logged.
  func details(_ standing: Standing, goal: Goal) -> Value {
    let sign: Double = goal == .maximize ? -1 : 1
    func logged(_ value: Double?) -> Value { value.map { .real(sign * $0) } ?? .null }
    return [
      "rung": .integer(Int64(standing.rung)), "resource": .integer(Int64(rungs.levels[standing.rung])),
      "value": logged(standing.value), "cutoff": logged(standing.cutoff), "place": .integer(Int64(standing.place)),
      "places": .integer(Int64(standing.places)), "population": .integer(Int64(standing.population)),
    ]
  }

  private func standing(_ index: Int, at rung: Int, place: Int, places: Int) -> Standing {
    let level = rungs.levels[rung]
    let last = places > 0 && places <= ranked[rung].count ? ranked[rung][places - 1] : nil
    return Standing(
      curve: curves[index], rung: rung, value: curves[index].score(at: level),
      cutoff: last.flatMap { curves[$0].score(at: level) }, place: place, population: ranked[rung].count,
      places: places)
  }

  /// The paused trials that should go on, the highest rung first and the best of a rung first.
  ///
  /// As in asynchronous successive halving a trial must be among the best floor(n / eta) of its rung. Beyond that, no more
  /// than floor(n / eta) may have gone on from it (from the last one, floor(2 n / eta)): where a model proposes ever better
  /// trials each of them is among the best when it comes, and all would be promoted. And whole trainings wait until the
  /// model has proposed some trials: the best of the first ones is rarely worth it.
  var promotions: [Standing] {
    var found: [Standing] = []
    let known = curves.filter { $0.length > 0 }.count
    for rung in rungs.levels.indices.reversed() {
      let level = rungs.levels[rung]
      let isLast = rung == rungs.levels.count - 1
      if isLast, rung > 0, known < fewestForWhole { continue }
      let places = rungs.promoted(of: ranked[rung].count)
      var left =
        rungs.promoted(of: ranked[rung].count * (isLast ? 2 : 1))
        - ranked[rung].filter { curves[$0].hasGone(beyond: level) }.count
      for (place, index) in ranked[rung].prefix(places).enumerated() where left > 0 {
        let curve = curves[index]
        guard curve.trial.state == .paused, rungs.reached(by: curve.length) == rung, curve.score(at: level) != nil
        else { continue }
        left -= 1
        found.append(standing(index, at: rung, place: place + 1, places: places))
      }
    }
    return found
  }

  /// The paused trials that will hardly ever go on: in the worse half of a rung that enough trials have reached.
  var hopeless: [Standing] {
    rungs.levels.indices.flatMap { rung -> [Standing] in
      let count = ranked[rung].count
      guard count >= Self.fewest else { return [] }
      return ranked[rung].enumerated().dropFirst((count + 1) / 2).compactMap { place, index in
        guard curves[index].trial.state == .paused, rungs.reached(by: curves[index].length) == rung else { return nil }
        return standing(index, at: rung, place: place + 1, places: rungs.promoted(of: count))
      }
    }
  }

  /// Returns how a running trial stands at a rung that it has just reached, when it is in the worse half there; nil when it
  /// should go on.
  func laggard(_ curve: Curve) -> Standing? {
    guard let rung = rungs.levels.firstIndex(of: curve.length), ranked[rung].count >= 2,
      let place = ranked[rung].firstIndex(where: { curves[$0].trial.number == curve.trial.number }),
      place >= (ranked[rung].count + 1) / 2
    else { return nil }
    return standing(
      ranked[rung][place], at: rung, place: place + 1, places: rungs.promoted(of: ranked[rung].count))
  }

  /// How often the order of two trials at a rung was their order at the highest rung that both have reached, 0...1, and of
  /// how many pairs; only trials that went on count, the promising ones, which is where the order matters.
  func agreement(at rung: Int) -> (share: Double, pairs: Int) {
    let levels = rungs.levels + [rungs.maximum]
    let there = curves.filter { $0.length >= levels[rung + 1] }
    var (same, all) = (0, 0)
    for (index, a) in there.enumerated() {
      for b in there[..<index] {
        guard let common = levels.last(where: { $0 <= min(a.length, b.length) }),
          let x = a.score(at: levels[rung]), let y = b.score(at: levels[rung]), let u = a.score(at: common),
          let v = b.score(at: common), x != y, u != v
        else { continue }
        all += 1
        if (x < y) == (u < v) { same += 1 }
      }
    }
    return (all == 0 ? 1 : Double(same) / Double(all), all)
  }

  /// The rung up to which a new trial may run at once: the lowest whose order can be trusted.
  ///
  /// - Parameter trust: the least agreement; three pairs that agree are taken for granted.
  func firstRung(trust: Double) -> Int {
    for rung in rungs.levels.indices {
      let (share, pairs) = agreement(at: rung)
      if (share * Double(pairs) + 3) / Double(pairs + 3) >= trust { return rung }
    }
    return max(0, rungs.levels.count - 1)
  }

  /// The part of the resource that the model looks at: the highest rung that some trials have reached.
  func target(atLeast count: Int) -> Int {
    (rungs.levels + [rungs.maximum]).last { level in curves.filter { $0.length >= level }.count >= count }
      ?? rungs.levels.first ?? rungs.maximum
  }
}

extension Curve {
  /// Whether it has gone on from a rung, or is about to.
  fileprivate func hasGone(beyond level: Int) -> Bool {
    length > level || (!trial.state.isFinal && trial.state != .paused && trial.allowance ?? .max > level)
  }
}
