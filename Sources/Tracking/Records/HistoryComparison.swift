/// How a run's history here relates to that of the same run elsewhere.
public enum HistoryComparison: Sendable, Equatable {
  /// They say the same; what people added here (tags, a name, a note) does not count.
  case same
  /// The other one goes on where this one ends: it has what is told.
  case behind(String)
  /// This one goes on where the other one ends: it has what is told.
  case ahead(String)
  /// They contradict each other: what differs, here and there.
  case differs(String)
}

extension RunHistory {
  /// Compares with a history of the same run that comes from elsewhere. Numbers of changes are not compared.
  ///
  /// What only grows (transitions, parameters, attempts, decisions, observations, allowances, points) is the same as far as
  /// both have it. What changes in place (name, note, tags, artifacts, inputs, times) is that of the one which goes on; where
  /// neither does, additions of the other one make it go on, and two values for one thing are a contradiction.
  public func compared(to other: RunHistory) -> HistoryComparison {
    var comparer = HistoryComparer()
    compareOrigin(other, &comparer)
    comparer.grow(transitions, other.transitions, "transition") {
      $0.from == $1.from && $0.to == $1.to && $0.reason == $1.reason && $0.time == $1.time
    }
    comparer.grow(parameters, other.parameters, "parameter") { $0 == $1 }
    comparer.growAttempts(attempts, other.attempts)
    comparer.grow(observations, other.observations, "observation") { $0.count == $1.count && $0.attempt == $1.attempt }
    comparer.grow(allowances, other.allowances, "allowance") { $0.points == $1.points }
    comparer.growSeries(series, other.series)
    compareSweep(other, &comparer)
    if comparer.ahead == nil, comparer.behind == nil { compareAdditions(other, &comparer) }
    return comparer.result
  }

  private func compareOrigin(_ other: RunHistory, _ comparer: inout HistoryComparer) {
    comparer.same(run.kind, other.run.kind, "its kind")
    comparer.same(run.parent, other.run.parent, "the run above it")
    comparer.same(run.number, other.run.number, "its number")
    comparer.same(run.created.milliseconds, other.run.created.milliseconds, "when it was recorded")
    comparer.same(run.origin, other.run.origin, "what started it")
    comparer.same(Array(parameters.prefix(given)), Array(other.parameters.prefix(other.given)), "its given parameters")
  }

  private func compareSweep(_ other: RunHistory, _ comparer: inout HistoryComparer) {
    comparer.same(sweep == nil, other.sweep == nil, "whether it is a sweep")
    guard let sweep, let theirs = other.sweep else { return }
    comparer.same(sweep.spec, theirs.spec, "its spec")
    comparer.same(sweep.source, theirs.source, "the text of its spec")
    func isSame(_ left: Decision, _ right: Decision) -> Bool {
      left.kind == right.kind && left.decider == right.decider && left.trial == right.trial
        && left.reason == right.reason && left.details == right.details && left.time == right.time
    }
    switch (sweep.isWhole, theirs.isWhole) {
    case (true, true): comparer.grow(sweep.decisions, theirs.decisions, "decision", isSame)
    case (false, true):
      comparer.contain(theirs.decisions, sweep.decisions, "decision here", isSame)
      comparer.behind = comparer.behind ?? "all \(theirs.trials) trials"
    case (true, false): comparer.contain(sweep.decisions, theirs.decisions, "decision of the file", isSame)
    case (false, false): break
    }
  }

  private func compareAdditions(_ other: RunHistory, _ comparer: inout HistoryComparer) {
    comparer.add(run.name ?? "", other.run.name ?? "", "name")
    comparer.add(run.note, other.run.note, "note")
    comparer.same(run.started?.milliseconds, other.run.started?.milliseconds, "when it began")
    comparer.same(run.ended?.milliseconds, other.run.ended?.milliseconds, "when it ended")
    for (name, value) in other.tags.sorted(by: { $0.key < $1.key }) {
      comparer.add(tags[name] ?? "", value, "tag '\(name)'", isThere: tags[name] != nil)
    }
    for artifact in other.artifacts {
      let here = artifacts.first { $0.name.utf8.elementsEqual(artifact.name.utf8) }
      comparer.add(
        here?.digest.hex ?? "", artifact.digest.hex, "artifact '\(artifact.name)'", isThere: here != nil)
    }
    for input in other.inputs
    where !inputs.contains(where: { $0.dataset.name == input.dataset.name && $0.dataset.digest == input.dataset.digest }
    ) { comparer.behind = comparer.behind ?? "the input '\(input.dataset.name)'" }
    for output in other.outputs where !outputs.contains(output) {
      comparer.behind = comparer.behind ?? "the output '\(output.model)'"
    }
  }
}

/// Gathers what a comparison finds: the first of each.
private struct HistoryComparer {
  var ahead: String?
  var behind: String?
  var difference: String?

  var result: HistoryComparison {
    if let difference { return .differs(difference) }
    switch (ahead, behind) {
    case (let ahead?, let behind?): return .differs("here it has \(ahead), and there \(behind)")
    case (let ahead?, nil): return .ahead(ahead)
    case (nil, let behind?): return .behind(behind)
    case (nil, nil): return .same
    }
  }

  mutating func same<Thing: Equatable>(_ here: Thing, _ there: Thing, _ what: String) {
    if here != there { difference = difference ?? what }
  }

  /// Compares what only grows.
  mutating func grow<Thing>(_ here: [Thing], _ there: [Thing], _ what: String, _ isSame: (Thing, Thing) -> Bool) {
    if let place = zip(here, there).enumerated().first(where: { !isSame($0.element.0, $0.element.1) })?.offset {
      difference = difference ?? "\(what) \(place + 1)"
    }
    longer(here.count, there.count, what)
  }

  /// Takes the whole as containing the part, in whatever order.
  mutating func contain(_ whole: [Decision], _ part: [Decision], _ what: String, _ isSame: (Decision, Decision) -> Bool)
  {
    let byTime = Dictionary(grouping: whole, by: \.time.milliseconds)
    for (place, thing) in part.enumerated()
    where byTime[thing.time.milliseconds]?.contains(where: { isSame($0, thing) }) != true {
      difference = difference ?? "\(what) \(place + 1), which the whole sweep does not have"
    }
  }

  mutating func growAttempts(_ here: [Attempt], _ there: [Attempt]) {
    for (left, right) in zip(here, there) {
      var (started, other) = (left, right)
      (started.ended, started.outcome, started.detail) = (nil, nil, "")
      (other.ended, other.outcome, other.detail) = (nil, nil, "")
      let isEndSame = left.ended == right.ended && left.outcome == right.outcome && left.detail == right.detail
      if started != other || (!isEndSame && left.ended != nil && right.ended != nil) {
        difference = difference ?? "attempt \(left.number)"
      } else if !isEndSame {
        let end = "the end of attempt \(left.number)"
        if left.ended != nil { ahead = ahead ?? end } else { behind = behind ?? end }
      }
    }
    longer(here.count, there.count, "attempt")
  }

  mutating func growSeries(_ here: [SeriesExtent], _ there: [SeriesExtent]) {
    struct Key: Hashable {
      var name: [UInt8]
      var attempt: Int
    }
    func key(_ extent: SeriesExtent) -> Key { Key(name: Array(extent.name.utf8), attempt: extent.attempt) }
    var left = Dictionary(here.map { (key($0), $0) }, uniquingKeysWith: { $1 })
    for extent in there {
      let count = left.removeValue(forKey: key(extent))?.count ?? 0
      if count < extent.count {
        behind = behind ?? "\(extent.count) points of '\(extent.name)' against \(count)"
      } else if count > extent.count {
        ahead = ahead ?? "\(count) points of '\(extent.name)' against \(extent.count)"
      }
    }
    if let extent = left.values.min(by: { ($0.name, $0.attempt) < ($1.name, $1.attempt) }) {
      ahead = ahead ?? "\(extent.count) points of '\(extent.name)' against 0"
    }
  }

  /// Compares what changes in place: nothing here is filled from there, and what only is here stays.
  mutating func add(_ here: String, _ there: String, _ what: String, isThere: Bool? = nil) {
    guard !here.utf8.elementsEqual(there.utf8) || isThere == false else { return }
    if isThere ?? !here.isEmpty {
      guard isThere == true || !there.isEmpty else { return }
      difference = difference ?? "its \(what): '\(here.prefix(60))' here, '\(there.prefix(60))' there"
    } else {
      behind = behind ?? "the \(what)"
    }
  }

  private mutating func longer(_ here: Int, _ there: Int, _ what: String) {
    if here > there { ahead = ahead ?? "\(here) \(what)s against \(there)" }
    if here < there { behind = behind ?? "\(there) \(what)s against \(here)" }
  }
}
