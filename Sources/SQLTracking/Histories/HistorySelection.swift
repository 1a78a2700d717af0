internal import SQL
internal import Tracking

/// The runs that move together, family by family.
struct HistorySelection {
  /// A run that moves.
  struct Member {
    var row: Int64
    var id: RunID
    var kind: RunKind
    var parent: Int64?
    var number: Int?
    /// How many runs are above it.
    var depth = 0
  }

  /// A run without a run above it, and what moves of those below it: each below the one above it, by number, then id.
  struct Family {
    var root: RunID
    var members: [Member]
  }

  /// The families, by the ids of their roots.
  private(set) var families: [Family] = []

  private let connection: any SQLConnection
  private var members: [Int64: Member] = [:]

  /// Selects runs, all below them, all above them, and the trials whose checkpoints they continue.
  ///
  /// - Throws: `.notFound`.
  init(of runs: [RunID], in connection: any SQLConnection) throws {
    self.connection = connection
    for run in runs { try addAll(below: RunRecord.row(of: run, in: connection)) }
    try addContinued()
    for member in Array(members.values) { try addAbove(member) }
    group()
  }

  private static let columns = "r.id, r.key, r.kind, r.parent, r.number"

  private static func member(_ row: any SQLRow) throws -> Member {
    let key = try row.text(1)
    guard let kind = RunKind(rawValue: try row.text(2)) else {
      throw TrackingError(.corrupt, "run '\(key)' has a kind that does not exist.")
    }
    return Member(
      row: try row.integer(0), id: try RunID(recorded: key), kind: kind, parent: row.optionalInteger(3),
      number: row.optionalInteger(4).map { Int($0) })
  }

  private mutating func addAll(below row: Int64) throws {
    guard members[row] == nil else { return }
    let found = try connection.rows(
      """
      WITH RECURSIVE below (id) AS (
        SELECT $1 UNION SELECT c.id FROM below b JOIN runs c ON c.parent = b.id
      )
      SELECT \(Self.columns) FROM below b JOIN runs r ON r.id = b.id
      """, [.integer(row)], Self.member)
    for member in found { members[member.row] = member }
  }

  // A trial that began with another one's checkpoint cannot be executed again without it.
  private mutating func addContinued() throws {
    var waiting = members.values.filter { $0.kind == .trial && $0.parent.map { members[$0] == nil } ?? false }
    while let trial = waiting.popLast() {
      let origin = try connection.firstRow("SELECT origin FROM runs WHERE id = $1", [.integer(trial.row)]) {
        try $0.json(0)
      }
      guard let id = origin?["continues"]?.text else { continue }
      let found = try connection.firstRow(
        "SELECT \(Self.columns) FROM runs r WHERE r.key = $1", [.text(id)], Self.member)
      guard let found, members[found.row] == nil else { continue }
      members[found.row] = found
      if found.kind == .trial { waiting.append(found) }
    }
  }

  private mutating func addAbove(_ member: Member) throws {
    var next = member.parent
    while let row = next, members[row] == nil {
      let found = try connection.firstRow(
        "SELECT \(Self.columns) FROM runs r WHERE r.id = $1", [.integer(row)], Self.member)
      guard let found else { throw TrackingError(.corrupt, "the run above run '\(member.id)' is not there.") }
      members[row] = found
      next = found.parent
    }
  }

  private mutating func group() {
    var tops: [Int64: (root: Int64, depth: Int)] = [:]
    func top(of row: Int64) -> (root: Int64, depth: Int) {
      if let known = tops[row] { return known }
      var found = (root: row, depth: 0)
      if let parent = members[row]?.parent {
        let above = top(of: parent)
        found = (above.root, above.depth + 1)
      }
      tops[row] = found
      return found
    }
    var grouped: [Int64: [Member]] = [:]
    for (row, member) in members {
      let place = top(of: row)
      var member = member
      member.depth = place.depth
      grouped[place.root, default: []].append(member)
    }
    families = grouped.compactMap { row, members in
      self.members[row].map { root in
        Family(
          root: root.id,
          members: members.sorted {
            ($0.depth, $0.number ?? -1, $0.id.text) < ($1.depth, $1.number ?? -1, $1.id.text)
          })
      }
    }.sorted { $0.root < $1.root }
    members.removeAll()
  }
}

/// The changes of a family, numbered anew from 1 in their order.
struct ChangeOrder {
  private var events: [EventNumber] = []

  /// Begins with changes in any order, some of them several times.
  init(_ events: [EventNumber]) {
    let sorted = events.filter { $0 > 0 }.sorted()
    self.events.reserveCapacity(sorted.count)
    for event in sorted where event != self.events.last { self.events.append(event) }
  }

  /// How many there are.
  var count: Int { events.count }

  /// The new number of a change; 0 for none.
  func number(of event: EventNumber) -> EventNumber {
    guard event > 0 else { return 0 }
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      if events[middle] < event { low = middle + 1 } else { high = middle }
    }
    return EventNumber(low + 1)
  }
}
