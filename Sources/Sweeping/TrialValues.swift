internal import Tracking

/// The values of a trial as its command finds them: parameters by their names, and those of nested choices put together.
struct TrialValues {
  let space: SearchSpace
  /// The trial's parameters.
  let values: [String: Value]

  init(_ parameters: [Parameter], in space: SearchSpace) {
    self.space = space
    values = parameters.byName
  }

  /// Returns the value under some names, outermost first: a choice between mappings is the chosen one as an object.
  ///
  /// - Returns: nil where nothing of that name is active.
  func value(at path: [String]) -> Value? {
    let active = space.parameters.filter { $0.path == path && values[$0.name] != nil }
    guard let parameter = active.first else { return path.count == 1 ? values[path[0]] : nil }
    var members: [String: Value] = [:]
    for inner in space.parameters where inner.path.count == path.count + 1 && inner.path.starts(with: path) {
      if let name = inner.path.last, values[inner.name] != nil { members[name] = value(at: inner.path) }
    }
    guard members.isEmpty, let value = values[parameter.name] else { return .object(members) }
    // A multiple of a whole q has no point, as a command shows it.
    let text = parameter.domain.text(of: value)
    return value.integer.flatMap { String($0) == text ? .integer($0) : nil } ?? value
  }

  /// Returns the text of the value under some names, as commands and environment variables show it.
  func text(at path: [String]) -> String? { value(at: path)?.plain }

  /// Returns the text of an input as Azure hands it over, which is as Python's `str` has it.
  static func text(ofInput value: Value) -> String {
    value.boolean.map { $0 ? "True" : "False" } ?? value.plain
  }

  /// All texts by the names on their way: of parameters, and of the mappings that they make up.
  var texts: [(path: [String], text: String)] {
    var paths = values.keys.sorted().map { space[$0]?.path ?? [$0] }
    var seen: Set<[String]> = []
    paths = paths.filter { seen.insert($0).inserted }
    return paths.compactMap { path in text(at: path).map { (path, $0) } }
  }
}

extension TrialEnvironment {
  /// The variable of a parameter, by the names on its way: `RUNS_PARAM_CONV_KERNEL` of `conv.kernel`.
  static func variable(ofParameterAt path: [String]) -> String {
    parameterPrefix + path.joined(separator: "_").uppercased()
  }
}
