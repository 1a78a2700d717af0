/// One parameter of a search space.
public struct ParameterSpace: Sendable, Hashable {
  /// A condition: the parameter is active only while another is active and has one of these values, or a number within
  /// these bounds.
  public struct Condition: Sendable, Hashable {
    /// The other parameter's name.
    public var parameter: String
    /// The values that make this one active.
    public var values: [Value]
    /// The lowest number that makes this one active; nil for no bound below.
    public var minimum: Double?
    /// The highest number that makes this one active; nil for no bound above.
    public var maximum: Double?

    /// Makes a condition. Without bounds only the values count.
    public init(parameter: String, values: [Value], minimum: Double? = nil, maximum: Double? = nil) {
      self.parameter = parameter
      self.values = values
      self.minimum = minimum
      self.maximum = maximum
    }

    /// Returns whether the condition holds for a value of the other parameter.
    public func holds(for value: Value) -> Bool {
      if values.contains(where: { $0.matches(value) }) { return true }
      guard minimum != nil || maximum != nil, let number = value.number else { return false }
      return number >= minimum ?? -.infinity && number <= maximum ?? .infinity
    }

    /// What it asks for, in words: `optimizer = sgd or nag`, `depth >= 3`.
    public var text: String {
      var pieces = values.isEmpty ? [] : ["\(parameter) = \(values.map(\.plain).joined(separator: " or "))"]
      let bounds = [minimum.map { ">= \(Value.plain($0))" }, maximum.map { "<= \(Value.plain($0))" }]
      let range = bounds.compactMap { $0 }.joined(separator: " and ")
      if !range.isEmpty { pieces.append("\(parameter) \(range)") }
      return pieces.joined(separator: " or ")
    }
  }

  /// What is believed of where good values lie, before any trial: a normal distribution on the unit scale.
  public struct Prior: Sendable, Hashable {
    /// The value at the middle.
    public var mean: Value
    /// The standard deviation as a share of the domain's quantiles; above 0. A fifth says little, a twentieth much.
    public var sigma: Double

    /// Makes a prior.
    public init(mean: Value, sigma: Double) {
      self.mean = mean
      self.sigma = sigma
    }
  }

  /// The name.
  public var name: String
  /// What values it can take.
  public var domain: Domain
  /// All of them must hold for the parameter to be active.
  public var conditions: [Condition]
  /// The values that a grid takes, in the declared order; nil where none are declared, and then a finite domain's own
  /// values serve.
  public var grid: [Value]?
  /// The value that is tried first; nil for none.
  public var standard: Value?
  /// Where good values are believed to lie; nil for no belief.
  public var prior: Prior?
  /// Under which names a value of a nested choice is reached, outermost first, where that is not the name, split at its
  /// points: members of equal name in different branches are parameters of different names.
  public var memberPath: [String]?

  /// Makes a parameter of a search space.
  public init(
    _ name: String, _ domain: Domain, conditions: [Condition] = [], grid: [Value]? = nil, standard: Value? = nil,
    prior: Prior? = nil, memberPath: [String]? = nil
  ) {
    self.name = name
    self.domain = domain
    self.conditions = conditions
    self.grid = grid
    self.standard = standard
    self.prior = prior
    self.memberPath = memberPath
  }

  /// The names under which the value is reached, outermost first: `["conv", "kernel"]` for `conv.kernel`.
  public var path: [String] { memberPath ?? name.split(separator: ".").map(String.init) }
}

extension Value {
  // A number of a condition as a person writes it.
  fileprivate static func plain(_ number: Double) -> String {
    Int64(exactly: number).map { String($0) } ?? Value.real(number).plain
  }
}
