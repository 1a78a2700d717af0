/// What a plugin says of itself.
public struct PluginDescription: Sendable, Equatable {
  /// The kinds of plugins.
  public enum Kind: String, Sendable, CaseIterable {
    /// Proposes configurations.
    case strategy
    /// Ends trials early.
    case policy
    /// Executes a trial.
    case trainer
    /// Starts processes.
    case launcher
  }

  /// An option or parameter that a plugin takes.
  public struct Option: Sendable, Equatable {
    /// The name.
    public var name: String
    /// What it means, its range and its default, in a line.
    public var summary: String

    /// Names an option.
    public init(_ name: String, _ summary: String) {
      self.name = name
      self.summary = summary
    }
  }

  /// The kind.
  public var kind: Kind
  /// The name, as specs write it.
  public var name: String
  /// What it does, in a line.
  public var summary: String
  /// What it can be told.
  public var options: [Option]

  /// Describes a plugin.
  public init(kind: Kind, name: String, summary: String, options: [Option] = []) {
    self.kind = kind
    self.name = name
    self.summary = summary
    self.options = options
  }
}

/// Something wrong with what a plugin was told.
public struct PluginProblem: Sendable, Equatable {
  /// The option or parameter that it is about; nil when it is about all of them.
  public var name: String?
  /// What was found and what to do, in a sentence.
  public var message: String
  /// True when it stands in the way; false for a remark.
  public var isError: Bool

  /// Makes a problem.
  public init(_ name: String?, _ message: String, isError: Bool = true) {
    self.name = name
    self.message = message
    self.isError = isError
  }
}
