internal import Glibc
internal import Tracking

/// Looks at what a command will find around it: from files, without starting anything but, once, its interpreter.
public struct EnvironmentCapture: Sendable {
  /// The command as it is executed.
  public var arguments: [String]
  /// Where it is executed.
  public var directory: String
  /// Its whole environment.
  public var variables: [String: String]
  /// Variables that are recorded beside those of the allow-list.
  public var alsoWanted: Set<String>
  /// The directory of what is remembered.
  public var caches: String

  /// Describes what is to be looked at.
  public init(
    arguments: [String], directory: String, variables: [String: String], alsoWanted: Set<String> = [], caches: String
  ) {
    self.arguments = arguments
    self.directory = directory
    self.variables = variables
    self.alsoWanted = alsoWanted
    self.caches = caches
  }

  /// Looks.
  ///
  /// - Parameter code: the files of the code, of which lock files are named; none where there is no code.
  public func record(code: FileManifest? = nil) -> EnvironmentRecord {
    var record = EnvironmentRecord()
    let searchPath = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    if let interpreter = Interpreter(of: arguments, in: directory, searchPath: searchPath) {
      note(interpreter, in: &record)
    }
    record[.lockFiles] = EnvironmentCapture.lockFiles(code)
    for (name, value) in variables {
      switch VariableRules.section(of: name, alsoWanted: alsoWanted) {
      case .present?: record[.present][name] = "set"
      case let section?: record[section][name] = VariableRules.withoutCredentials(value)
      case nil: break
      }
    }
    for (name, text) in Machine.sections { record[name].merge(text, uniquingKeysWith: { $1 }) }
    return record
  }

  private func note(_ interpreter: Interpreter, in record: inout EnvironmentRecord) {
    let real = resolved(interpreter.path) ?? interpreter.path
    var facts: [String: String] = ["family": interpreter.family, "path": interpreter.path, "file": real]
    if let found = statusBehindLinks(of: real) {
      // One cache for all programs, by their paths.
      let cache = DigestCache(of: real, in: caches)
      facts["sha256"] = (try? cache.digest(of: "program", at: real, found))?.hex
      cache.save()
    }
    guard interpreter.family == "python" || interpreter.family == "pypy",
      let python = PythonFacts(of: interpreter.path, in: directory, environment: variables, caches: caches)
    else {
      record[.interpreter] = facts
      return
    }
    if let file = resolved(python.executable), file != real, let found = statusBehindLinks(of: file) {
      facts["file"] = file
      let cache = DigestCache(of: file, in: caches)
      facts["sha256"] = (try? cache.digest(of: "program", at: file, found))?.hex
      cache.save()
    }
    facts["version"] = python.version
    facts["implementation"] = python.implementation
    facts["prefix"] = python.prefix
    record[.interpreter] = facts
    record[.packages] = python.packages
    record[.libraries] = Machine.libraries(inPackagesOf: python.path)
  }

  private static let lockNames: Set<String> = [
    "requirements.txt", "poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "pylock.toml", "environment.yml",
    "environment.yaml", "conda.yml", "conda.yaml", "conda-lock.yml", "pyproject.toml", "setup.cfg", "setup.py",
    "renv.lock",
    "Manifest.toml", "package-lock.json", "yarn.lock", "Package.resolved", "Cargo.lock", "Gemfile.lock",
  ]

  private static func lockFiles(_ code: FileManifest?) -> [String: String] {
    var found: [String: String] = [:]
    for file in code?.files ?? [] {
      let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
      let isRequirements = name.hasPrefix("requirements") && name.hasSuffix(".txt")
      if lockNames.contains(name) || isRequirements { found[file.path] = "sha256:" + file.digest.hex }
    }
    return found
  }
}
