internal import Tracking

extension SpecReader {
  // MARK: Choices between mappings

  /// Reads a choice some of whose values are mappings: a category that says which one, and the members of each, which are
  /// there only while it is chosen.
  func nested(
    _ member: SpecMember, _ members: [String: SpecMember], _ items: [SpecNode], at path: [String], _ label: String,
    conditions: [ParameterSpace.Condition], _ rules: SpaceRules
  ) -> [ReadParameter]? {
    let labels = labels(of: items)
    var values: [Value] = []
    var isWhole = true
    for (item, label) in zip(items, labels) {
      if item.members != nil {
        values.append(.text(label))
        isWhole = checkBranch(item) && isWhole
      } else if let value = category(item, among: values) {
        values.append(value)
      }
    }
    if let ordered = members["ordered"], truth(ordered) == true {
      error(ordered, "a choice between mappings has no order; leave ordered out")
    }
    if let prior = members["prior"] { error(prior, "a choice between mappings has no prior; give it a default") }
    guard isWhole, !values.isEmpty else { return nil }
    let domain = Domain.categorical(values)
    var choice = ParameterSpace(
      label, domain, conditions: conditions, memberPath: label == path.joined(separator: ".") ? nil : path)
    choice.grid = grid(members["grid"], domain)
    choice.standard = members["default"].map { $0.value.value }
    var found = [ReadParameter(parameter: choice, place: member)]
    let branches = zip(items, labels).compactMap { item, label in item.members.map { (label: label, members: $0) } }
    var done: Set<String> = []
    for name in branches.flatMap({ $0.members.map(\.name) }) where done.insert(name).inserted {
      let holders = branches.compactMap { branch in
        branch.members.first { $0.name == name }.map { (branch.label, $0) }
      }
      // What is the same in several branches is one parameter; what differs is one in each.
      let isShared = holders.allSatisfy { $0.1.value.value == holders[0].1.value.value }
      let groups = isShared ? [(holders.map(\.0), holders[0].1)] : holders.map { ([$0.0], $0.1) }
      for (labels, holder) in groups {
        let condition = ParameterSpace.Condition(parameter: label, values: labels.map { .text($0) })
        let own = isShared ? "\(label).\(name)" : "\(label).\(SpecReader.word(labels[0])).\(name)"
        let place = path + [name]
        let read = parameters(
          holder, at: place, name: own == place.joined(separator: ".") ? nil : own, branch: [condition], rules)
        guard let read else {
          isWhole = false
          continue
        }
        found += read
      }
    }
    return isWhole ? found : nil
  }

  private func checkBranch(_ item: SpecNode) -> Bool {
    guard let members = item.members, !members.isEmpty else {
      error(item, "this mapping is empty; name what it holds, or write a text")
      return false
    }
    if let type = members.first(where: { $0.name == "type" })?.value.scalarText?.lowercased(),
      SpecKeys.types[type] != nil
    {
      error(item, "a value of a choice is no distribution; name it, such as {rate: {type: \(type), ...}}")
      return false
    }
    for member in members { checkName(member, "a parameter") }
    return members.allSatisfy { !$0.name.isEmpty && $0.name.utf8.allSatisfy(CommandTemplate.isWordCharacter) }
  }

  // What each mapping is called: by a text that tells all of them apart, such as {kind: tree, ...} and {kind: net, ...};
  // else by its first member's name; else option_1, option_2, ...
  private func labels(of items: [SpecNode]) -> [String] {
    let mappings = items.compactMap(\.members)
    let plain = items.filter { $0.members == nil }.map { $0.value.plain }
    func isGood(_ labels: [String?]) -> [String]? {
      let labels = labels.compactMap { $0 }
      let words = Set(labels.map(SpecReader.word))
      return labels.count == mappings.count && words.count == labels.count && !labels.contains(where: plain.contains)
        ? labels : nil
    }
    let keys = mappings.first?.map(\.name) ?? []
    let byText = keys.lazy.compactMap { key in
      isGood(mappings.map { $0.first { $0.name == key }?.value.value.text })
    }.first
    let labels =
      byText ?? isGood(mappings.map { $0.first?.name }) ?? mappings.indices.map { "option_\($0 + 1)" }
    var next = labels.makeIterator()
    return items.map { $0.members == nil ? "" : next.next() ?? "" }
  }

  /// A text as a piece of a name: letters, digits and _.
  private static func word(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "_" })
  }
}
