internal import Glibc
internal import Provenance
internal import Tracking

/// What two runs do not have in common: what they were given, what was around them, what came out of them.
struct RunDifference {
  /// A part of the comparison.
  enum Part: String, CaseIterable {
    case parameters
    case code
    case data
    case packages
    case environment
    case metrics
    case artifacts
  }

  /// Something that is not the same; nil where a run has none.
  struct Line: Equatable {
    var name: String
    var left: String?
    var right: String?
  }

  let left: Run
  let right: Run
  /// By part; a part without a line is the same in both.
  private(set) var lines: [Part: [Line]] = [:]
  /// Parts that cannot be compared, with the reason.
  private(set) var unknown: [Part: String] = [:]
  /// The differences of the code as `diff -u` has them.
  private(set) var codeText = ""

  /// Compares two runs.
  ///
  /// - Parameter parts: what is compared.
  init(of left: Run, and right: Run, parts: [Part], in store: OpenStore) throws {
    self.left = left
    self.right = right
    let reader = store.tracking
    if parts.contains(.parameters) {
      lines[.parameters] = RunDifference.lines(
        try reader.parameters(of: left.id).byName.mapValues(\.plain),
        try reader.parameters(of: right.id).byName.mapValues(\.plain))
    }
    let records = (try store.provenance(of: left), try store.provenance(of: right))
    if parts.contains(.code) { try compareCode(store) }
    if let first = records.0, let second = records.1 {
      if parts.contains(.data) { lines[.data] = RunDifference.data(first, second) }
      let all = first.environment.differences(to: second.environment)
      func named(_ found: [EnvironmentRecord.Difference], _ isSection: Bool) -> [Line] {
        found.map { Line(name: isSection ? $0.label : $0.name, left: $0.recorded, right: $0.present) }
      }
      if parts.contains(.packages) { lines[.packages] = named(all.filter { $0.section == .packages }, false) }
      if parts.contains(.environment) { lines[.environment] = named(all.filter { $0.section != .packages }, true) }
    } else {
      let missing = [(left, records.0), (right, records.1)].filter { $0.1 == nil }.map { "'\($0.0.id)'" }
      for part in [Part.data, .packages, .environment] where parts.contains(part) {
        unknown[part] = "nothing was taken down for \(missing.joined(separator: " and "))"
      }
    }
    if parts.contains(.metrics) { try compareMetrics(store) }
    if parts.contains(.artifacts) {
      func kept(_ run: Run) throws -> [String: String] {
        let kept = try reader.artifacts(of: run.id).filter { !ReproduceCommand.records.contains($0.name) }
        return Dictionary(kept.map { ($0.name, $0.digest.hex) }, uniquingKeysWith: { $1 })
      }
      lines[.artifacts] = RunDifference.lines(try kept(left), try kept(right))
    }
  }

  private static func lines(_ left: [String: String], _ right: [String: String]) -> [Line] {
    Set(left.keys).union(right.keys).sorted().compactMap { name in
      left[name] == right[name] ? nil : Line(name: name, left: left[name], right: right[name])
    }
  }

  private mutating func compareCode(_ store: OpenStore) throws {
    let name = Provenance.codeArtifactName
    let (old, new) = (try store.artifact(name, of: left), try store.artifact(name, of: right))
    guard let first = old, let second = new else {
      let missing = [(left, old), (right, new)].filter { $0.1 == nil }.map { "'\($0.0.id)'" }
      unknown[.code] = "no code was taken down for \(missing.joined(separator: " and "))"
      return
    }
    lines[.code] = []
    guard first != second else { return }
    let scratch = Capture(store: store).caches
    for path in try store.artifacts.differingMembers(of: first, and: second) {
      let old = try RunDifference.contents(path, first, store.artifacts)
      let new = try RunDifference.contents(path, second, store.artifacts)
      func size(_ bytes: [UInt8]?) -> String? { bytes.map { "\($0.count) bytes" } }
      lines[.code, default: []].append(Line(name: path, left: size(old), right: size(new)))
      codeText += try UnifiedDifference.text(of: path, old: old, new: new, scratch: scratch)
    }
  }

  // A link is compared by its target.
  private static func contents(_ path: String, _ digest: Digest, _ artifacts: any ArtifactStore) throws -> [UInt8]? {
    guard let member = try artifacts.members(of: digest).first(where: { $0.path == path }) else { return nil }
    if let target = member.target { return Array("link to \(target)\n".utf8) }
    return try artifacts.contents(of: path, in: digest, limit: CodeCapture.totalLimit)
  }

  private static func data(_ left: Provenance, _ right: Provenance) -> [Line] {
    let (old, new) = (left.inputsByName, right.inputsByName)
    return Set(old.keys).union(new.keys).sorted().flatMap { name -> [Line] in
      guard let first = old[name], let second = new[name] else {
        return [Line(name: name, left: old[name]?.digest.hex, right: new[name]?.digest.hex)]
      }
      guard first.digest != second.digest else { return [] }
      guard first.isFolder, second.isFolder else {
        return [Line(name: name, left: first.digest.hex, right: second.digest.hex)]
      }
      let digests = [first, second].map { input in
        Dictionary(input.manifest.files.map { ($0.path, $0.digest.hex) }, uniquingKeysWith: { $1 })
      }
      return first.manifest.changes(to: second.manifest).map { change in
        Line(name: "\(name)/\(change.path)", left: digests[0][change.path], right: digests[1][change.path])
      }
    }
  }

  private mutating func compareMetrics(_ store: OpenStore) throws {
    let reader = store.tracking
    var rules = Reproduction.Rules()
    rules.comparesArtifacts = false
    let comparison = try Reproduction(
      of: left.id, with: right.id, isComplete: true, rules: rules, in: reader, artifacts: store.artifacts)
    lines[.metrics] = try comparison.metrics.filter { $0.verdict != .identical }.map { metric in
      func last(_ run: Run) throws -> String? {
        try reader.series(of: run.id).first { $0.name == metric.name }.map {
          "\($0.last.value.csv) at step \($0.last.step), \(counted($0.count, "point"))"
        }
      }
      let step = metric.first.map { " (first differs at step \($0.step))" } ?? ""
      return Line(name: metric.name + step, left: try last(left), right: try last(right))
    }
  }

  /// True when nothing that was compared differs.
  var isEmpty: Bool { lines.values.allSatisfy(\.isEmpty) }
}

extension Provenance {
  /// The inputs by name.
  var inputsByName: [String: CapturedInput] { Dictionary(inputs.map { ($0.name, $0) }, uniquingKeysWith: { $1 }) }
}

extension RunDifference {
  /// The comparison for people: a part under another, a line for those that are the same.
  ///
  /// - Parameter isBrief: true leaves the code's lines out and only names the files.
  func text(on screen: Screen, isBrief: Bool) -> String {
    var out = ""
    var same: [String] = []
    for part in Part.allCases {
      if let reason = unknown[part] {
        out += screen.paint(part.rawValue, .bold) + "\n  not known: \(reason)\n"
      } else if let found = lines[part] {
        guard !found.isEmpty else {
          same.append(part.rawValue)
          continue
        }
        out += screen.paint(part.rawValue, .bold) + "\n"
        var table = Table(columns: [
          Table.Column(title: "", isFlexible: true), Table.Column(title: left.id.text, isFlexible: true),
          Table.Column(title: right.id.text, isFlexible: true),
        ])
        for line in found {
          table.rows.append([Table.Cell("  " + line.name), Table.Cell(line.left ?? "-"), Table.Cell(line.right ?? "-")])
        }
        out += table.text(on: screen)
        if part == .code, !isBrief { out += RunDifference.painted(codeText, on: screen) }
      }
    }
    if !same.isEmpty { out += "the same in both: \(same.joined(separator: ", "))\n" }
    return out
  }

  private static func painted(_ text: String, on screen: Screen) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let style: Style =
        line.hasPrefix("+++") || line.hasPrefix("---")
        ? .bold : line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : line.hasPrefix("@@") ? .cyan : .plain
      return screen.paint(String(line), style)
    }.joined(separator: "\n")
  }

  /// The comparison as an object.
  var json: Value {
    var members: [String: Value] = [
      "left": .text(left.id.text), "right": .text(right.id.text), "same": .boolean(isEmpty && unknown.isEmpty),
      "code_diff": .text(codeText),
      "unknown": .object(Dictionary(uniqueKeysWithValues: unknown.map { ($0.key.rawValue, .text($0.value)) })),
    ]
    for (part, found) in lines {
      members[part.rawValue] = .list(
        found.map {
          [
            "name": .text($0.name), "left": $0.left.map { .text($0) } ?? .null,
            "right": $0.right.map { .text($0) } ?? .null,
          ]
        })
    }
    return .object(members)
  }
}
