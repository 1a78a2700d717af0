internal import Tracking

/// Brings Azure's other forms of a sweep into the one form that is read: a pipeline with one sweep step, a trial that is a
/// component's file, and a command job, which is a sweep of one trial without search and without objective.
struct AzureJob {
  let reader: SpecReader

  /// Returns the sweep that a file asks for. What cannot be one is reported.
  func sweep(_ top: SpecNode) -> SpecNode {
    let type = top.member("type")?.value.scalarText?.lowercased()
    if type == "command" { return command(top) }
    let step = type == "pipeline" ? self.step(of: top) ?? top : top
    guard let trial = step.member("trial"), let text = trial.value.scalarText, text != "manual", !trial.value.isNull
    else { return step }
    return withComponent(text, trial, step)
  }

  // MARK: - Command jobs

  private func command(_ top: SpecNode) -> SpecNode {
    reader.isSingle = true
    let parts = SpecKeys.trial + SpecKeys.trialIgnored
    // At the top these say the same for the whole sweep.
    let own = (top.members ?? []).filter { parts.contains($0.name) && !SpecKeys.topIgnored.contains($0.name) }
    var members = (top.members ?? []).filter { !parts.contains($0.name) || SpecKeys.topIgnored.contains($0.name) }
    for name in ["search_space", "objective", "sampling_algorithm", "early_termination"] {
      if let stray = top.member(name) { reader.error(stray, "\(name) belongs to a sweep, and the type is command") }
    }
    members.removeAll { ["limits", "type"].contains($0.name) }
    func add(_ name: String, _ content: SpecNode.Content) {
      members.append(
        SpecMember(name: name, line: top.line, column: top.column, value: SpecNode(content, at: top)))
    }
    add("trial", .mapping(own))
    add("search_space", .mapping([]))
    add("sampling_algorithm", .scalar("grid", isPlain: true))
    let one = SpecMember(
      name: "max_total_trials", line: top.line, column: top.column,
      value: SpecNode(.scalar("1", isPlain: true), at: top))
    add("limits", .mapping([one] + (top.member("limits")?.value.members ?? [])))
    return SpecNode(.mapping(members), at: top)
  }

  // MARK: - Pipelines

  private func step(of top: SpecNode) -> SpecNode? {
    guard let member = top.member("jobs"), let steps = member.value.members, !steps.isEmpty else {
      reader.error(top, "the pipeline has no jobs")
      return nil
    }
    func type(_ step: SpecMember) -> String { step.value.member("type")?.value.scalarText?.lowercased() ?? "no type" }
    guard steps.count == 1, let step = steps.first, type(step) == "sweep" else {
      let list = steps.map { "\($0.name) (\(type($0)))" }.joined(separator: ", ")
      reader.error(
        member,
        "a pipeline of one sweep step runs here, and this one has \(list); give the sweep step a file of its own")
      return nil
    }
    let given = top.member("inputs")?.value.members ?? []
    var members = step.value.members ?? []
    for index in members.indices {
      switch members[index].name {
      case "inputs": members[index].value = bound(members[index].value, to: given)
      // Where they go from there is the pipeline's business.
      case "outputs":
        members[index].value = mapped(members[index].value) {
          $0.scalarText == nil ? $0 : SpecNode(.scalar("", isPlain: true), at: $0)
        }
      default: break
      }
    }
    let own = Set(members.map(\.name))
    let outer = ["$schema", "experiment_name", "display_name", "name", "description", "tags", "assets", "environments"]
    members += (top.members ?? []).filter { outer.contains($0.name) && !own.contains($0.name) }
    for stray in top.members ?? [] where !outer.contains(stray.name) {
      guard !["type", "jobs", "inputs", "outputs"].contains(stray.name) else { continue }
      if stray.name == "settings" || SpecKeys.topIgnored.contains(stray.name) {
        reader.passOver(stray)
      } else {
        reader.error(stray, "a pipeline has no '\(stray.name)'")
      }
    }
    return SpecNode(.mapping(members), at: top)
  }

  private func mapped(_ node: SpecNode, _ change: (SpecNode) -> SpecNode) -> SpecNode {
    guard let members = node.members else { return node }
    return SpecNode(
      .mapping(
        members.map { SpecMember(name: $0.name, line: $0.line, column: $0.column, value: change($0.value)) }), at: node)
  }

  // `${{parent.inputs.x}}`, whether it stands alone or as the path of an input.
  private func bound(_ node: SpecNode, to given: [SpecMember]) -> SpecNode {
    mapped(node) { value in
      guard let text = (value.member("path")?.value ?? value).scalarText, text.contains("parent.") else { return value }
      let name = text.dropFirst(3).dropLast(2).filter { $0 != " " }.split(separator: ".")
      guard text.hasPrefix("${{"), text.hasSuffix("}}"), name.count == 3, name[1] == "inputs",
        let found = given.first(where: { $0.name == name[2] })
      else {
        reader.error(value, "'\(text)' cannot be resolved: the pipeline has no such input")
        return SpecNode(.scalar("0", isPlain: true), at: value)
      }
      return found.value
    }
  }

  // MARK: - Components

  private func withComponent(_ text: String, _ trial: SpecMember, _ job: SpecNode) -> SpecNode {
    let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
    guard let file = reader.localPath(path, trial.value, "the component"), let source = readFile(file) else {
      return job
    }
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    let component: SpecNode
    do {
      guard let read = try SpecNode.read(source), read.members != nil else {
        reader.error(trial.value, "the component \(file) is empty")
        return job
      }
      component = moved(read, to: trial.value)
    } catch {
      reader.error(trial.value, "the component \(file), line \(error.line): \(error.message)")
      return job
    }
    let type = component.member("type")?.value.scalarText?.lowercased() ?? "command"
    guard type == "command" else {
      reader.error(trial.value, "the component \(file) is of type '\(type)', and a trial is a command")
      return job
    }
    let taken = [
      "command", "environment", "environment_variables", "distribution", "resources", "queue_settings",
    ]
    var parts = (component.members ?? []).filter { taken.contains($0.name) }
    if var code = component.member("code"), let place = code.value.scalarText {
      let isHere = place.hasPrefix("/") || SpecReader.isElsewhere(place)
      code.value = SpecNode(.scalar(isHere ? place : folder + "/" + place, isPlain: false), at: trial.value)
      parts.append(code)
    }
    var members = (job.members ?? []).filter { !["trial", "inputs", "outputs"].contains($0.name) }
    func member(_ name: String, _ value: [SpecMember]) -> SpecMember {
      let own = job.member(name) ?? trial
      return SpecMember(
        name: name, line: own.line, column: own.column, value: SpecNode(.mapping(value), at: own.value))
    }
    members.append(member("trial", parts))
    members.append(member("inputs", inputs(of: component, file, trial, job)))
    let outputs = job.member("outputs")?.value.members ?? []
    members.append(
      member(
        "outputs",
        outputs
          + (component.member("outputs")?.value.members ?? []).filter { one in
            !outputs.contains { $0.name == one.name }
          }.map { SpecMember(name: $0.name, line: $0.line, column: $0.column, value: empty(at: $0.value)) }))
    return SpecNode(.mapping(members), at: job)
  }

  private func empty(at node: SpecNode) -> SpecNode { SpecNode(.scalar("", isPlain: true), at: node) }

  // What the job gives, and the component's defaults for the rest; what is searched needs neither.
  private func inputs(
    of component: SpecNode, _ file: String, _ trial: SpecMember, _ job: SpecNode
  ) -> [SpecMember] {
    var found = job.member("inputs")?.value.members ?? []
    let searched = Set((job.member("search_space")?.value.members ?? []).map(\.name))
    for input in component.member("inputs")?.value.members ?? [] {
      guard !searched.contains(input.name), !found.contains(where: { $0.name == input.name }) else { continue }
      if let standard = input.value.member("default") {
        found.append(
          SpecMember(name: input.name, line: trial.line, column: trial.column, value: standard.value))
      } else if input.value.member("optional")?.value.value.boolean == true {
        reader.optionalInputs.insert(input.name)
      } else {
        reader.error(
          trial.value, "the component \(file) needs the input '\(input.name)'; give it among the inputs of the step")
      }
    }
    return found
  }

  // A component's lines are not the spec's: what is found there is told where the spec names the component.
  private func moved(_ node: SpecNode, to place: SpecNode) -> SpecNode {
    switch node.content {
    case .scalar: SpecNode(node.content, at: place)
    case .list(let items): SpecNode(.list(items.map { moved($0, to: place) }), at: place)
    case .mapping(let members):
      SpecNode(
        .mapping(
          members.map {
            SpecMember(name: $0.name, line: place.line, column: place.column, value: moved($0.value, to: place))
          }), at: place)
    }
  }
}
