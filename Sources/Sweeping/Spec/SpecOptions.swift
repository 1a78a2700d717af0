/// What is said beside a spec file, so that a file made for other machines runs here unchanged.
public struct SpecOptions: Sendable {
  /// Inputs by name, instead of the file's: literals, and paths relative to the working directory.
  public var inputs: [String: String]
  /// Where the environments that specs name are on this machine, by name: an interpreter, or the folder of an environment,
  /// relative to the working directory.
  public var environments: [String: String]
  /// True to refuse an environment that is not known, rather than to run in the current one.
  public var refusesUnknownEnvironments: Bool

  /// Names what is said.
  public init(
    inputs: [String: String] = [:], environments: [String: String] = [:], refusesUnknownEnvironments: Bool = false
  ) {
    self.inputs = inputs
    self.environments = environments
    self.refusesUnknownEnvironments = refusesUnknownEnvironments
  }
}
