internal import PluginProcesses
internal import Sweeping
internal import Synchronization
internal import Tracking

/// Where programs outside are looked for: `plugins` in the store's folder, then the folders of PATH.
func outsideFolders(_ storeFolder: String?) -> [String] {
  let path = (environment("PATH") ?? "").split(separator: ":").map { String($0) }
  return (storeFolder.map { [$0 + "/plugins"] } ?? []) + path
}

/// Returns the built-in plugins, and those outside by name; built-in ones go first.
///
/// - Parameter storeFolder: the store's folder; nil where there is none.
func everyPlugin(in storeFolder: String?) -> PluginCatalogue {
  let outside = KnownPrograms(folders: outsideFolders(storeFolder))
  var plugins = builtinPlugins()
  plugins.outsideStrategy = { outside.strategy($0) }
  plugins.outsidePolicy = { outside.policy($0) }
  return plugins
}

/// The programs outside that were asked what they are: once each.
private final class KnownPrograms: Sendable {
  private let folders: [String]
  private let known = Mutex<[String: Result<PluginIntroduction, TrackingError>]>([:])

  init(folders: [String]) { self.folders = folders }

  private func introduction(of program: OutsideProgram) -> Result<PluginIntroduction, TrackingError> {
    let key = "\(program.kind.rawValue) \(program.name)"
    if let told = known.withLock({ $0[key] }) { return told }
    let told = program.checkedIntroduction(environment: inheritedEnvironment())
    known.withLock { $0[key] = told }
    return told
  }

  func strategy(_ name: String) -> StrategyPlugin? {
    guard let program = OutsideProgram.find(.strategy, name, in: folders) else { return nil }
    let told = introduction(of: program)
    let (description, problems) = program.plugin(told)
    return StrategyPlugin(
      description, learnsFromResults: (try? told.get().learnsFromResults) ?? true,
      continuesTrials: (try? told.get().continuesTrials) ?? false, problems: problems,
      make: { options, _ in
        OutsideStrategy(program, try told.get(), options: options, environment: inheritedEnvironment())
      })
  }

  func policy(_ name: String) -> PolicyPlugin? {
    guard let program = OutsideProgram.find(.policy, name, in: folders) else { return nil }
    let told = introduction(of: program)
    let (description, problems) = program.plugin(told)
    return PolicyPlugin(
      description, problems: problems,
      make: { options, _ in
        OutsidePolicy(program, try told.get(), options: options, environment: inheritedEnvironment())
      })
  }
}

extension OutsideProgram {
  /// Asks the program what it is; a refusal is a result.
  func checkedIntroduction(environment: [String: String]) -> Result<PluginIntroduction, TrackingError> {
    Result { try introduction(environment: environment) }
      .mapError { ($0 as? TrackingError) ?? TrackingError(.system, "\($0)") }
  }

  /// What the catalogue needs of the program; one that does not say what it is is a problem of every sweep that names it.
  fileprivate func plugin(
    _ told: Result<PluginIntroduction, TrackingError>
  ) -> (PluginDescription, @Sendable ([String: Value], SweepSpec) -> [PluginProblem]) {
    switch told {
    case .success(let introduction):
      return (
        introduction.description,
        { self.problems(introduction, options: $0, sweep: $1, environment: inheritedEnvironment()) }
      )
    case .failure(let error):
      return (
        PluginDescription(kind: kind, name: name, summary: error.message),
        { _, _ in [PluginProblem(nil, error.message)] }
      )
    }
  }
}
