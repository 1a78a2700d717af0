internal import Tracking

/// Reads one spec file: collects what is wrong, with its place, and goes on.
final class SpecReader {
  let text: String
  let directory: String
  let plugins: PluginCatalogue
  let options: SpecOptions
  /// True for a file that names Azure's own schema: what Azure takes is warned of where it makes no sense, not refused.
  var isAzures = false
  /// True for a job of one command: there is nothing to compare, so it has no objective.
  var isSingle = false
  /// Inputs of a component that may be left out, and are.
  var optionalInputs: Set<String> = []
  /// Inputs that are not on this machine.
  var unresolved: [(name: String, text: String, node: SpecNode)] = []
  private(set) var findings: [Finding] = []
  /// Azure's keys that mean nothing on this machine, as they were met.
  private var passedOver: [SpecMember] = []

  /// - Parameter directory: what relative paths are relative to.
  init(text: String, directory: String, plugins: PluginCatalogue, options: SpecOptions = SpecOptions()) {
    self.text = text
    self.directory = directory
    self.plugins = plugins
    self.options = options
  }

  var hasErrors: Bool { findings.contains { $0.severity == .error } }

  func error(_ node: SpecNode, _ message: String) { add(node.line, node.column, .error, message) }
  func warning(_ node: SpecNode, _ message: String) { add(node.line, node.column, .warning, message) }
  func error(_ member: SpecMember, _ message: String) { add(member.line, member.column, .error, message) }
  func warning(_ member: SpecMember, _ message: String) { add(member.line, member.column, .warning, message) }

  func add(_ line: Int, _ column: Int, _ severity: Finding.Severity, _ message: String) {
    let finding = Finding(line: line, column: column, severity: severity, message: message)
    if !findings.contains(finding) { findings.append(finding) }
  }

  /// Reports what a plugin found, at the member that it is about.
  func report(_ problem: PluginProblem, at place: (line: Int, column: Int)) {
    add(place.line, place.column, problem.isError ? .error : .warning, problem.message)
  }

  /// Reads the members of a mapping by name, and reports names that do not belong there.
  ///
  /// - Parameters:
  ///   - place: what the mapping is called, for messages: `limits`, `trial`.
  ///   - ignored: Azure's names that mean nothing on this machine.
  /// - Returns: nil when it is no mapping, which is reported.
  func members(
    of node: SpecNode, _ place: String, known: [String], ignored: [String] = []
  ) -> [String: SpecMember]? {
    guard let members = node.members else {
      error(node, "\(place) is a mapping of names to values, and here stands a \(node.kindName)")
      return nil
    }
    var found: [String: SpecMember] = [:]
    for member in members {
      if known.contains(member.name) {
        found[member.name] = member
      } else if ignored.contains(member.name) {
        passedOver.append(member)
      } else {
        error(member, unknown(member.name, in: place, known: known))
      }
    }
    return found
  }

  private func unknown(_ name: String, in place: String, known: [String]) -> String {
    if name == "<<" { return "merge keys are not read; write the members out" }
    if let near = nearestName(to: name, among: known), near.count - name.count < 5 || near.hasPrefix(name) {
      return "\(place) has no '\(name)'; did you mean '\(near)'?"
    }
    for (section, names) in SpecKeys.sections where names.contains(name) && section != place {
      return section == "the spec"
        ? "\(place) has no '\(name)'; it belongs at the top of the file"
        : "\(place) has no '\(name)'; it belongs into \(section)"
    }
    if let near = nearestName(to: name, among: known) { return "\(place) has no '\(name)'; did you mean '\(near)'?" }
    return "\(place) has no '\(name)'; it has \(known.joined(separator: ", "))"
  }

  /// Notes a key of Azure's that means nothing on this machine.
  func passOver(_ member: SpecMember) { passedOver.append(member) }

  /// Reports all of Azure's keys that were passed over, in one warning.
  func reportPassedOver() {
    let inOrder = passedOver.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    guard let first = inOrder.first else { return }
    let names = inOrder.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
    warning(
      first,
      "\(names.joined(separator: ", ")): \(names.count == 1 ? "has" : "have") no meaning on this machine and "
        + "\(names.count == 1 ? "is" : "are") passed over")
  }

  // MARK: Single values

  /// Reads a text; a number or a truth value counts as the text that is written there.
  func text(_ member: SpecMember?, allowsEmpty: Bool = false) -> String? {
    guard let member else { return nil }
    guard let text = member.value.scalarText, !member.value.isNull, allowsEmpty || !text.isEmpty else {
      error(member.value, "\(member.name) is a text, and here stands \(describe(member.value))")
      return nil
    }
    return text
  }

  /// Reads a finite number; one in quotes counts, as it does for Azure.
  func number(_ member: SpecMember?) -> Double? {
    guard let member else { return nil }
    let value = member.value.value
    if let number = value.number ?? value.text.flatMap({ Double($0) }), number.isFinite { return number }
    error(member.value, "\(member.name) is a number, and here stands \(describe(member.value))")
    return nil
  }

  /// Reads a whole number; one in quotes counts, as it does for Azure.
  func whole(_ member: SpecMember?, from low: Int64 = .min, to high: Int64 = .max) -> Int64? {
    guard let member else { return nil }
    let value = member.value.value
    guard let whole = value.integer ?? value.text.flatMap({ Int64($0) }) else {
      error(member.value, "\(member.name) is a whole number, and here stands \(describe(member.value))")
      return nil
    }
    guard low <= whole, whole <= high else {
      error(
        member.value,
        high == .max
          ? "\(member.name) is \(whole), and must be at least \(low)"
          : "\(member.name) is \(whole), and must be between \(low) and \(high)")
      return nil
    }
    return whole
  }

  /// Reads a truth value.
  func truth(_ member: SpecMember?) -> Bool? {
    guard let member else { return nil }
    if let truth = member.value.value.boolean { return truth }
    error(member.value, "\(member.name) is true or false, and here stands \(describe(member.value))")
    return nil
  }

  /// Reads one of several words; letter case does not count.
  func word<Word: RawRepresentable & CaseIterable>(_ member: SpecMember?) -> Word? where Word.RawValue == String {
    guard let member, let text = text(member) else { return nil }
    let plain = text.lowercased().map { $0 == "-" ? "_" : $0 }
    if let word = Word(rawValue: String(plain)) { return word }
    let words = Word.allCases.map(\.rawValue)
    let hint = nearestName(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
    error(member.value, "\(member.name) is '\(text)', and can be \(words.joined(separator: ", "))\(hint)")
    return nil
  }

  /// What stands at a place, for messages: `'text'`, `a list`, `nothing`.
  func describe(_ node: SpecNode) -> String {
    switch node.value {
    case .null: "nothing"
    case .text(let text): "'\(text.prefix(60))'"
    case .list: "a list"
    case .object: "a mapping"
    case let value: value.json
    }
  }

  /// Returns the place of the first occurrence of a piece of text at or below a node; the node's own when there is none.
  func place(of piece: String, in node: SpecNode) -> (line: Int, column: Int) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated().dropFirst(max(0, node.line - 1)) {
      let start = index == node.line - 1 ? min(node.column - 1, line.unicodeScalars.count) : 0
      let rest = line.unicodeScalars.dropFirst(start)
      if let found = Substring(rest).firstRange(of: piece) {
        return (index + 1, line.unicodeScalars.distance(from: line.startIndex, to: found.lowerBound) + 1)
      }
    }
    return (node.line, node.column)
  }
}
