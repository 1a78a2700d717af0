internal import Tracking

extension RungBoard {
  /// The paused trials that should go on, the highest rung first.
  ///
  /// As in asynchronous successive halving a trial must be among the best floor(n / eta) of its rung. Three things differ:
  /// - What is compared is what the model predicts of a trial with the whole resource, where there is a model.
  /// - No more than floor(n / eta) may have gone on from a rung (from the last one, floor(2 n / eta)): where a model proposes
  ///   ever better trials each of them is among the best when it comes, and all would be promoted. And whole trainings wait
  ///   until the model has proposed some trials: the best of the first ones is rarely worth it.
  /// - Below the last rung the trials of each kind compete among themselves first: early values often favour the wrong kind,
  ///   and the many trials that the model then proposes of it would take every place.
  ///
  /// - Parameter predictions: of each curve, smaller is better, `[curves]`; nil for no model.
  func promotions(by predictions: [Double]?) -> [Standing] {
    var found: [Standing] = []
    let known = curves.filter { $0.length > 0 }.count
    for rung in rungs.levels.indices.reversed() {
      let isLast = rung == rungs.levels.count - 1
      if isLast, rung > 0, known < fewestForWhole { continue }
      let all = Group(members: ordered(ranked[rung], by: predictions))
      let gone = all.members.filter { curves[$0].hasGone(beyond: rungs.levels[rung]) }.count
      let most = rungs.promoted(of: all.members.count * (isLast ? 2 : 1)) - gone
      var chosen: [(index: Int, standing: Standing)] = []
      func choose(_ candidate: (place: Int, index: Int), _ group: Group) {
        let standing = standing(candidate.index, at: rung, place: candidate.place, in: group, by: predictions)
        chosen.append((candidate.index, standing))
      }
      func isChosen(_ index: Int) -> Bool { chosen.contains { $0.index == index } }
      if !isLast {
        let groups = kinds.map { kind in
          Group(members: all.members.filter { kind.contains(curves[$0].point) }, kind: kind.parameter)
        }
        while chosen.count < most, let (group, candidate) = mostDue(groups, at: rung, isChosen: isChosen) {
          choose(candidate, group)
        }
      }
      while chosen.count < most, let candidate = candidate(of: all, at: rung, isChosen: isChosen) {
        choose(candidate, all)
      }
      found += chosen.map(\.standing)
    }
    return found
  }

  // Trials that are compared with each other at a rung, best first.
  private struct Group {
    var members: [Int]
    var kind: String?
  }

  private func ordered(_ members: [Int], by predictions: [Double]?) -> [Int] {
    guard let predictions else { return members }
    return members.sorted { (predictions[$0], $0) < (predictions[$1], $1) }
  }

  // The best one that is paused at the rung, if it is among the best floor(n / eta) of its group.
  private func candidate(of group: Group, at rung: Int, isChosen: (Int) -> Bool) -> (place: Int, index: Int)? {
    for (place, index) in group.members.prefix(rungs.promoted(of: group.members.count)).enumerated() {
      let curve = curves[index]
      if curve.trial.state == .paused, rungs.reached(by: curve.length) == rung, !isChosen(index),
        curve.score(at: rungs.levels[rung]) != nil
      {
        return (place + 1, index)
      }
    }
    return nil
  }

  // The group that lacks most of its share of places, and its candidate.
  private func mostDue(
    _ groups: [Group], at rung: Int, isChosen: (Int) -> Bool
  ) -> (group: Group, candidate: (place: Int, index: Int))? {
    var best: (group: Group, candidate: (place: Int, index: Int), due: Double)?
    for group in groups {
      let gone = group.members.filter { curves[$0].hasGone(beyond: rungs.levels[rung]) || isChosen($0) }.count
      let due = Double(group.members.count) / rungs.reduction - Double(gone)
      guard gone < rungs.promoted(of: group.members.count), due > best?.due ?? 0,
        let candidate = candidate(of: group, at: rung, isChosen: isChosen)
      else { continue }
      best = (group, candidate, due)
    }
    return best.map { ($0.group, $0.candidate) }
  }

  private func standing(
    _ index: Int, at rung: Int, place: Int, in group: Group, by predictions: [Double]?
  ) -> Standing {
    let level = rungs.levels[rung]
    let places = rungs.promoted(of: group.members.count)
    let last = group.members[places - 1]
    return Standing(
      curve: curves[index], rung: rung, value: curves[index].score(at: level), prediction: predictions?[index],
      cutoff: predictions.map { $0[last] } ?? curves[last].score(at: level), place: place,
      population: group.members.count, places: places, kind: group.kind)
  }
}
