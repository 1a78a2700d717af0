private import Glibc
internal import Tracking

/// What a spec says of the files and numbers that every trial gets.
struct SpecInputs {
  var values: [String: Value] = [:]
  var paths: Set<String> = []
  /// The names of all that were declared, those included of which something was wrong, which is reported.
  var declared: Set<String> = []
  /// The names of declared outputs.
  var outputs: Set<String> = []
}

extension SpecReader {
  // MARK: Inputs and outputs

  func inputs(_ inputs: SpecMember?, outputs: SpecMember?, assets: SpecMember?) -> SpecInputs {
    let assets = places(assets)
    var found = SpecInputs()
    let (declared, made) = (mapping(inputs, "inputs"), mapping(outputs, "outputs"))
    checkSpellings(declared, TrialEnvironment.inputPrefix)
    checkSpellings(made, TrialEnvironment.outputPrefix)
    for member in declared {
      checkName(member, "an input")
      found.declared.insert(member.name)
      if let (value, isPath) = input(member, assets) {
        found.values[member.name] = value
        if isPath { found.paths.insert(member.name) }
      }
    }
    reportUnresolved()
    for name in options.inputs.keys.sorted() where !declared.contains(where: { $0.name == name }) {
      let near = nearestName(to: name, among: declared.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      add(
        inputs?.line ?? 1, inputs?.column ?? 1, .error, "--input names '\(name)', which is no input of the spec\(near)")
    }
    for member in made {
      checkName(member, "an output")
      found.outputs.insert(member.name)
      if member.value.isNull { continue }
      _ = members(
        of: member.value, "the output \(member.name)", known: SpecKeys.output, ignored: SpecKeys.outputIgnored)
    }
    return found
  }

  private func mapping(_ member: SpecMember?, _ place: String) -> [SpecMember] {
    guard let member, !member.value.isNull else { return [] }
    if let members = member.value.members { return members }
    error(member.value, "\(place) is a mapping of names to values, and here stands \(describe(member.value))")
    return []
  }

  private func literal(_ node: SpecNode) -> Value? {
    switch node.value {
    case .null, .list, .object:
      error(node, "an input is a number, a text, a truth value or {path: ...}, and here stands \(describe(node))")
      return nil
    case .real(let number) where !number.isFinite:
      error(node, "an input is a finite number, and this is \(number)")
      return nil
    case let literal: return literal
    }
  }

  private func input(_ member: SpecMember, _ assets: [String: SpecMember]) -> (value: Value, isPath: Bool)? {
    if let given = options.inputs[member.name] { return input(member, given) }
    guard member.value.members != nil else { return literal(member.value).map { ($0, false) } }
    guard let members = members(of: member.value, "the input \(member.name)", known: SpecKeys.input) else { return nil }
    if let value = members["value"] { return literal(value.value).map { ($0, false) } }
    guard let path = members["path"] else {
      error(member, "the input \(member.name) has neither a value nor a path; give one")
      return nil
    }
    guard let text = text(path) else { return nil }
    if SpecReader.isElsewhere(text) {
      // What is handed over as it is need not be here.
      if members["mode"]?.value.scalarText?.lowercased() == "direct" { return (.text(text), false) }
      return mapped(text, input: member.name, path.value, assets: assets).map { (.text($0), true) }
    }
    return localPath(text, path.value, "the input \(member.name)").map { (.text($0), true) }
  }

  // An input that is given beside the file: a path where the file has one, otherwise a literal.
  private func input(_ member: SpecMember, _ given: String) -> (value: Value, isPath: Bool)? {
    guard member.value.members != nil, member.value.member("value") == nil else {
      return literal(SpecNode(.scalar(given, isPlain: true), at: member.value)).map { ($0, false) }
    }
    guard let resolved = realpath(given, nil) else {
      error(member, "the input \(member.name): there is no \(given) (--input)")
      return nil
    }
    defer { free(resolved) }
    return (.text(String(cString: resolved)), true)
  }

  static func isElsewhere(_ text: String) -> Bool { text.hasPrefix("azureml:") || text.contains("://") }

  /// Returns the absolute form of a path of this machine; reports one that is elsewhere or not there.
  func localPath(_ text: String, _ node: SpecNode, _ what: String) -> String? {
    if SpecReader.isElsewhere(text) {
      error(node, "\(what) is at \(text), which is not on this machine; fetch it and give a local path")
      return nil
    }
    let path = text.hasPrefix("/") ? text : directory + "/" + text
    guard let resolved = realpath(path, nil) else {
      error(node, "\(what): there is no \(path)\(text.hasPrefix("/") ? "" : " (paths are relative to the spec file)")")
      return nil
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  // MARK: Trial

  func work(
    _ member: SpecMember?, top: SpecNode, inputs: SpecInputs, space: SearchSpace, places: [String: SpecMember]
  ) -> SweepSpec.Work? {
    guard let member else {
      error(
        top,
        "the spec has no trial; say what a trial executes: `trial: {command: ...}`, `trial: {trainer: ...}` or "
          + "`trial: manual`")
      return nil
    }
    // Somebody executes the trials by hand or by a loop of their own: `runs ask` and `runs tell`.
    if member.value.scalarText == "manual" { return .command("", code: "", environment: [:]) }
    guard
      let members = members(of: member.value, "trial", known: SpecKeys.trial, ignored: SpecKeys.trialIgnored)
    else { return nil }
    switch (members["command"], members["trainer"]) {
    case (nil, nil):
      error(member, "trial has neither a command nor a trainer; give one")
      return nil
    case (_?, let trainer?):
      error(trainer, "trial has both a command and a trainer; keep one")
      return nil
    case (let command?, nil):
      if let parameters = members["parameters"] {
        error(parameters, "parameters belong to a trainer; a command takes its fixed values from inputs")
      }
      return self.command(command, members, inputs: inputs, space: space, places: places)
    case (nil, let trainer?):
      for name in ["code", "environment_variables", "environment", "snapshot"] {
        if let stray = members[name] { error(stray, "\(name) belongs to a command; a trainer has parameters") }
      }
      return self.trainer(trainer, members["parameters"], inputs: inputs, space: space, places: places)
    }
  }

  private func command(
    _ command: SpecMember, _ members: [String: SpecMember], inputs: SpecInputs, space: SearchSpace,
    places: [String: SpecMember]
  ) -> SweepSpec.Work? {
    guard let text = text(command) else { return nil }
    var used = check(text, command.value, inputs: inputs, space: space, places: places, isShell: true)
    var environment: [String: String] = [:]
    for member in mapping(members["environment_variables"], "environment_variables") {
      if member.name.isEmpty || member.name.contains("=") {
        error(member, "'\(member.name)' cannot name an environment variable")
      } else if member.name.hasPrefix("RUNS_") {
        error(member, "'\(member.name)' is for the sweep to set: names that begin with RUNS_ are its own; rename it")
      }
      guard let value = self.text(member, allowsEmpty: true) else { continue }
      used.formUnion(check(value, member.value, inputs: inputs, space: space, places: places, isShell: false))
      environment[member.name] = value
    }
    // A parameter that others depend on may have said all by what they are.
    used.formUnion(space.parameters.flatMap { $0.conditions.map(\.parameter) })
    for parameter in space.parameters where !used.contains(parameter.name) {
      guard let place = places[parameter.name], parameter.domain.cardinality != 1, !text.contains("RUNS_PARAM_"),
        !text.contains("AZUREML_SWEEP_")
      else {
        continue
      }
      warning(
        place,
        "the command does not use '\(parameter.name)'; the program finds it only in "
          + TrialEnvironment.variable(ofParameterAt: parameter.path))
    }
    var code = ""
    if let member = members["code"], let path = self.text(member) {
      guard let found = localPath(path, member.value, "the code") else { return nil }
      code = found
      var status = stat()
      if stat(found, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
        error(member.value, "the code \(found) is a file; name the directory that the command runs in")
      }
    }
    return .command(text, code: code, environment: environment)
  }

  // Checks the placeholders of a text; returns the parameters that it names.
  private func check(
    _ text: String, _ node: SpecNode, inputs: SpecInputs, space: SearchSpace, places: [String: SpecMember],
    isShell: Bool
  ) -> Set<String> {
    let template = CommandTemplate(text)
    for problem in template.problems {
      let place = place(of: problem.source, in: node)
      add(place.line, place.column, problem.isError ? .error : .warning, problem.message)
    }
    var used: Set<String> = []
    for (reference, isOptional) in template.references {
      let place = place(of: reference.source, in: node)
      func refuse(_ message: String) { add(place.line, place.column, .error, message) }
      let name = reference.path.joined(separator: ".")
      let found = space.parameters.filter { $0.path == reference.path }
      if !reference.members.isEmpty, reference.kind == .outputs || found.isEmpty {
        let isParent = reference.kind != .outputs && places[reference.name] != nil
        refuse(
          isParent
            ? "'\(reference.source)' cannot be resolved: '\(reference.name)' has no such member"
            : "'\(reference.source)' names a member, and only a choice between mappings has members")
        continue
      }
      switch reference.kind {
      case .outputs where !inputs.outputs.contains(name):
        refuse(missing(reference, among: inputs.outputs.sorted(), "outputs"))
      case .outputs: break
      case .inputs where inputs.declared.contains(name): break
      // A component's optional input that nobody gives: its part of the command is left out.
      case .inputs where isOptional && optionalInputs.contains(name): break
      case .inputs where found.isEmpty && places[name] == nil:
        refuse(missing(reference, among: inputs.values.keys.sorted(), "inputs"))
      case .searchSpace where found.isEmpty && places[name] == nil:
        refuse(missing(reference, among: places.keys.sorted(), "search_space"))
      case .inputs, .searchSpace:
        used.formUnion(space.parameters.filter { $0.path.starts(with: reference.path) }.map(\.name))
        if let condition = found.first?.conditions.first?.parameter, space[condition] != nil, !isOptional,
          !space.isAlwaysActive(reference.path)
        {
          refuse(
            isShell
              ? "'\(name)' is there only for some values of \(condition); put the part that needs it into '$[[ ... ]]', "
                + "which is left out where it is not"
              : "'\(name)' is there only for some values of \(condition); an environment variable cannot use it, but "
                + "\(TrialEnvironment.variable(ofParameterAt: reference.path)) is set where it is")
        }
      }
    }
    return used
  }

  private func missing(_ reference: CommandTemplate.Reference, among names: [String], _ section: String) -> String {
    let near = nearestName(to: reference.name, among: names).map { "; did you mean '\($0)'?" }
    let all = names.isEmpty ? "; \(section) has none" : "; \(section) has \(names.joined(separator: ", "))"
    return "'\(reference.source)' cannot be resolved: \(section) has no '\(reference.name)'\(near ?? all)"
  }

  // MARK: Trainer

  private func trainer(
    _ member: SpecMember, _ parameters: SpecMember?, inputs: SpecInputs, space: SearchSpace,
    places: [String: SpecMember]
  ) -> SweepSpec.Work? {
    guard let name = text(member) else { return nil }
    guard let trainer = plugins.trainers[name] else {
      error(member.value, PluginCatalogue.unknown("trainer", name, among: plugins.trainers.keys))
      return nil
    }
    var fixed: [String: Value] = [:]
    var fixedPlaces: [String: SpecMember] = [:]
    for parameter in mapping(parameters, "parameters") {
      if places[parameter.name] != nil {
        error(parameter, "'\(parameter.name)' is searched as well; keep it either here or in search_space")
      }
      guard let value = resolved(parameter.value, inputs: inputs) else { continue }
      fixed[parameter.name] = value
      fixedPlaces[parameter.name] = parameter
    }
    let home = parameters ?? member
    for problem in trainer.problems(fixed: fixed, space: space) {
      let place = problem.name.flatMap { fixedPlaces[$0] ?? places[$0] } ?? home
      report(problem, at: (place.line, place.column))
    }
    return .trainer(name, fixed: fixed)
  }

  // A fixed value with its inputs filled in; a placeholder that stands alone keeps the input's type.
  private func resolved(_ node: SpecNode, inputs: SpecInputs) -> Value? {
    switch node.content {
    case .list(let items):
      let values = items.map { resolved($0, inputs: inputs) }
      return values.contains(nil) ? nil : .list(values.compactMap { $0 })
    case .mapping(let members):
      var values: [String: Value] = [:]
      for member in members {
        guard let value = resolved(member.value, inputs: inputs) else { return nil }
        values[member.name] = value
      }
      return .object(values)
    case .scalar: break
    }
    guard let text = node.scalarText, text.contains("${") else { return node.value }
    let template = CommandTemplate(text)
    for problem in template.problems {
      let place = place(of: problem.source, in: node)
      add(place.line, place.column, problem.isError ? .error : .warning, problem.message)
    }
    guard template.problems.allSatisfy({ !$0.isError }) else { return nil }
    for (reference, _) in template.references {
      let place = place(of: reference.source, in: node)
      if reference.kind != .inputs {
        add(
          place.line, place.column, .error,
          "'\(reference.source)' has no place here: a trainer gets its searched parameters by their names")
        return nil
      }
      if inputs.values[reference.name] == nil {
        add(place.line, place.column, .error, missing(reference, among: inputs.values.keys.sorted(), "inputs"))
        return nil
      }
    }
    if template.pieces.count == 1, let only = template.references.first?.reference { return inputs.values[only.name] }
    return .text(template.filled(isShell: false) { inputs.values[$0.name]?.plain })
  }
}

extension SearchSpace {
  /// Returns whether some parameter at a path is active in every configuration, as members are that every branch has.
  func isAlwaysActive(_ path: [String]) -> Bool {
    let found = parameters.filter { $0.path == path }
    if found.contains(where: \.conditions.isEmpty) { return true }
    guard let parent = found.first?.conditions.first?.parameter, let other = self[parent],
      let values = other.domain.allValues, parent != path.joined(separator: "."),
      found.allSatisfy({ $0.conditions.count == 1 && $0.conditions[0].parameter == parent }),
      values.allSatisfy({ value in found.contains { $0.conditions[0].holds(for: value) } })
    else { return false }
    return other.path.count < path.count && isAlwaysActive(other.path)
  }
}
