private import Glibc
internal import Tracking

/// A name in Azure's workspace: `azureml:NAME:VERSION`, `azureml:NAME@LABEL`, or a registry's address.
struct AzureName {
  /// As it is written.
  let text: String

  /// What a map may call it: as it is written, with and without its version.
  var candidates: [String] {
    var found = [text]
    var rest = Substring(text)
    if rest.hasPrefix("azureml://") || rest.hasPrefix("https://") {
      // .../environments/NAME/versions/1, .../data/NAME/labels/latest
      let parts = rest.split(separator: "/")
      if let place = parts.lastIndex(where: { $0 == "versions" || $0 == "labels" }), place > 0 {
        found.append(String(parts[place - 1]))
      }
      return found
    }
    if rest.hasPrefix("azureml:") {
      rest = rest.dropFirst("azureml:".count)
      found.append(String(rest))
    }
    if let end = rest.lastIndex(where: { $0 == ":" || $0 == "@" }) { found.append(String(rest[..<end])) }
    return found
  }
}

extension SpecReader {
  /// Reads a map of names to places of this machine.
  ///
  /// - Parameter member: `assets`, or `environments`, whose values may be mappings with a `python`.
  func places(_ member: SpecMember?) -> [String: SpecMember] {
    guard let member, !member.value.isNull else { return [:] }
    guard let members = member.value.members else {
      error(member.value, "\(member.name) is a mapping of names to paths, and here stands \(describe(member.value))")
      return [:]
    }
    return Dictionary(members.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  /// Returns the path that an asset of a workspace, or data at an address, has on this machine; nil for one that is not
  /// mapped, which is reported with all others of its kind.
  func mapped(_ text: String, input name: String, _ node: SpecNode, assets: [String: SpecMember]) -> String? {
    for candidate in AzureName(text: text).candidates {
      guard let member = assets[candidate], let path = self.text(member) else { continue }
      return localPath(path, member.value, "the asset \(candidate)")
    }
    unresolved.append((name, text, node))
    return nil
  }

  /// Reports the inputs that are not on this machine, all of them in one error.
  func reportUnresolved() {
    guard let first = unresolved.first else { return }
    let options = unresolved.map { "--input \($0.name)=PATH" }.joined(separator: " ")
    guard unresolved.count > 1 else {
      return error(
        first.node,
        "the input \(first.name) is at \(first.text), which is not on this machine; fetch it and give \(options), or map "
          + "it: `assets: {NAME: PATH}`")
    }
    let places = unresolved.map { "\($0.name) (\($0.text))" }.joined(separator: ", ")
    error(
      first.node,
      "\(unresolved.count) inputs are not on this machine: \(places); fetch them and give \(options), or map them: "
        + "`assets: {NAME: PATH}`")
  }

  /// Reads which environment trials run in.
  ///
  /// - Returns: its name as it is written, and the directory that goes first in PATH; nil for the current one.
  func environment(_ member: SpecMember?, known: SpecMember?) -> (written: String?, programs: String?) {
    let map = places(known)
    guard let member, !member.value.isNull else { return (nil, nil) }
    guard let text = member.value.scalarText else {
      guard member.value.members != nil else {
        error(member.value, "environment is a name, and here stands \(describe(member.value))")
        return (nil, nil)
      }
      tellOfEnvironment(
        member, "an environment that is described in the spec is not built here",
        "map it: leave out the description and name it, `environments: {NAME: {python: PATH}}`")
      return ("inline", nil)
    }
    let candidates = AzureName(text: text).candidates
    for candidate in candidates {
      if let path = options.environments[candidate] {
        return (text, programs(path, member.value, "the environment \(candidate) (--environment)"))
      }
      guard let entry = map[candidate] else { continue }
      let isMapping = entry.value.members != nil
      let members = isMapping ? members(of: entry.value, entry.name, known: SpecKeys.environment) : nil
      guard let path = self.text(isMapping ? members?["python"] : entry) else {
        if isMapping, members?["python"] == nil { error(entry, "\(entry.name) has no python; name the interpreter") }
        return (text, nil)
      }
      return (
        text, programs(path.hasPrefix("/") ? path : directory + "/" + path, entry.value, "the environment \(candidate)")
      )
    }
    let name = candidates.last ?? text
    tellOfEnvironment(
      member, "the environment \(text) is not known here",
      "name its interpreter: `environments: {\(name): {python: PATH}}`, or --environment \(name)=PATH")
    return (text, nil)
  }

  private func tellOfEnvironment(_ member: SpecMember, _ fact: String, _ deed: String) {
    if options.refusesUnknownEnvironments {
      error(member.value, "\(fact) (--strict-env); \(deed)")
    } else {
      warning(member.value, "\(fact), so trials run in the current one; \(deed)")
    }
  }

  // The directory with the interpreter: of a program, or of an environment's folder.
  private func programs(_ path: String, _ node: SpecNode, _ what: String) -> String? {
    guard let resolved = absolutePath(path) else {
      error(node, "\(what): there is no \(path)")
      return nil
    }
    var status = stat()
    guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return String(resolved[..<(resolved.lastIndex(of: "/") ?? resolved.startIndex)])
    }
    for place in [resolved + "/bin", resolved] where exists(place + "/python") || exists(place + "/python3") {
      return place
    }
    error(node, "\(what): there is no python in \(resolved); name an interpreter or the folder of an environment")
    return nil
  }

  // Not resolved through its last link: what an environment's `python` points to is not in the environment.
  private func absolutePath(_ path: String) -> String? {
    guard exists(path) else { return nil }
    if path.hasPrefix("/") { return path.hasSuffix("/") ? String(path.dropLast()) : path }
    guard let working = getcwd(nil, 0) else { return nil }
    defer { free(working) }
    return String(cString: working) + "/" + path
  }
}
