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
    /// What the model makes of it: an optimistic value with the whole resource, in the model's units; nil without a model.
    var prediction: Double?
    /// The worst prediction, or value where there is no prediction, that goes on; nil when none does.
    var cutoff: Double?
    /// Its place, from 1.
    var place: Int
    /// How many trials it was compared with, itself among them.
    var population: Int
    /// How many of them may have gone on by now.
    var places: Int
    /// The parameter whose kind it was compared within; nil for all trials at the rung.
    var kind: String?

    /// How it stands, as a decision's reason begins.
    var summary: String {
      "number \(place) of \(population)" + (kind.map { " of its kind of '\($0)'" } ?? "")
    }
  }

  let curves: [Curve]
  let rungs: Rungs
  /// How many trials must have shown something before one may go on from the last rung.
  let fewestForWhole: Int
  /// What early values compare fairly; empty where there is no category.
  let kinds: [Kind]
  /// The trials that have reached each rung, best first, `[rungs][trials]`.
  let ranked: [[Int]]

  /// The least number of trials at a rung for one to be called hopeless there.
  static let fewest = 8

  init(_ curves: [Curve], rungs: Rungs, fewestForWhole: Int, kinds: [Kind]) {
    self.curves = curves
    self.kinds = kinds
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
    var details: [String: Value] = [
      "rung": .integer(Int64(standing.rung)), "resource": .integer(Int64(rungs.levels[standing.rung])),
      "value": logged(standing.value), "cutoff": logged(standing.cutoff), "place": .integer(Int64(standing.place)),
      "places": .integer(Int64(standing.places)), "population": .integer(Int64(standing.population)),
    ]
    if let prediction = standing.prediction {
      details["prediction"] = .real(prediction)
      details["cutoff"] = standing.cutoff.map { .real($0) } ?? .null
    }
    if let kind = standing.kind { details["kind"] = .text(kind) }
    return .object(details)
  }

  // How a trial stands among others at a rung that are in the order of their values.
  private func standing(_ index: Int, at rung: Int, place: Int, places: Int) -> Standing {
    let level = rungs.levels[rung]
    let last = places > 0 && places <= ranked[rung].count ? ranked[rung][places - 1] : nil
    return Standing(
      curve: curves[index], rung: rung, value: curves[index].score(at: level),
      cutoff: last.flatMap { curves[$0].score(at: level) }, place: place, population: ranked[rung].count,
      places: places)
  }

  // Whether a trial is in the worse half of each of its kinds too: the best of a kind are kept, however bad the kind looks.
  private func isInWorseHalfOfItsKinds(_ index: Int, at rung: Int) -> Bool {
    kinds.filter { $0.contains(curves[index].point) }.allSatisfy { kind in
      let kin = ranked[rung].filter { kind.contains(curves[$0].point) }
      return (kin.firstIndex(of: index) ?? 0) >= (kin.count + 1) / 2
    }
  }

  /// The paused trials that will hardly ever go on: in the worse half of a rung that enough trials have reached,
  /// and of their kinds there.
  var hopeless: [Standing] {
    rungs.levels.indices.flatMap { rung -> [Standing] in
      let count = ranked[rung].count
      guard count >= Self.fewest else { return [] }
      return ranked[rung].enumerated().dropFirst((count + 1) / 2).compactMap { place, index in
        guard curves[index].trial.state == .paused, rungs.reached(by: curves[index].length) == rung,
          isInWorseHalfOfItsKinds(index, at: rung)
        else { return nil }
        return standing(index, at: rung, place: place + 1, places: rungs.promoted(of: count))
      }
    }
  }

  /// Returns how a running trial stands at a rung that it has just reached, when it is in the worse half there; nil when it
  /// should go on.
  func laggard(_ curve: Curve) -> Standing? {
    guard let rung = rungs.levels.firstIndex(of: curve.length), ranked[rung].count >= 2,
      let place = ranked[rung].firstIndex(where: { curves[$0].trial.number == curve.trial.number }),
      place >= (ranked[rung].count + 1) / 2, isInWorseHalfOfItsKinds(ranked[rung][place], at: rung)
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
  func hasGone(beyond level: Int) -> Bool {
    length > level || (!trial.state.isFinal && trial.state != .paused && trial.allowance ?? .max > level)
  }
}
