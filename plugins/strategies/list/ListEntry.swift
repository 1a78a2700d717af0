internal import Tracking

/// An entry of the list, read as a configuration of a space.
struct ListEntry {
  /// The active parameters in dependency order, each in its domain's own form; what was not understood is left out.
  var configuration: [Parameter] = []
  /// What is wrong with it, in sentences.
  var problems: [String] = []

  init(_ entry: Value, in space: SearchSpace) {
    guard let values = entry.object else {
      problems = ["it is a mapping of parameters to values, and here stands \(entry.json)"]
      return
    }
    for name in values.keys.sorted() where space[name] == nil {
      problems.append("'\(name)' is no parameter of the space; there is \(ListEntry.names(of: space))")
    }
    var chosen: [String: Value] = [:]
    for parameter in space.inDependencyOrder {
      let isActive = SearchSpace.isActive(parameter, given: chosen)
      guard let value = values[parameter.name] else {
        if isActive { problems.append("it gives no value for '\(parameter.name)'; add one") }
        continue
      }
      guard isActive else {
        problems.append("'\(parameter.name)' does not exist in it, by its `when`; leave it out")
        continue
      }
      let declared = parameter.grid?.first { $0.matches(value) }
      guard let member = declared ?? parameter.domain.member(matching: value) else {
        problems.append("\(value.json) is not a value that \(parameter.name) can take")
        continue
      }
      chosen[parameter.name] = member
      configuration.append(Parameter(parameter.name, member))
    }
    if problems.isEmpty, !space.satisfies(configuration) {
      problems.append("it does not meet the search space's constraints")
    }
  }

  private static func names(of space: SearchSpace) -> String {
    space.parameters.map { "'\($0.name)'" }.joined(separator: ", ")
  }
}
