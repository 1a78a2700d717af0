extension SweepSpec {
  /// What the trials of a command find around them.
  public struct Surroundings: Sendable, Equatable {
    /// The environment that the spec asks for, as it is written; nil for none.
    public var environment: String?
    /// The directory that goes first in `PATH`: that of the environment's interpreter; nil for none.
    public var programs: String?
    /// The names of declared outputs, sorted.
    public var outputs: [String]
    /// True when each attempt works in a copy of its own of the code; false when all work in the one folder.
    public var copiesCode: Bool
    /// The artifact of the sweep's run that holds the code as it was when the sweep started; nil before that.
    public var snapshot: Digest?

    /// Makes surroundings of all their fields.
    public init(
      environment: String? = nil, programs: String? = nil, outputs: [String] = [], copiesCode: Bool = false,
      snapshot: Digest? = nil
    ) {
      self.environment = environment
      self.programs = programs
      self.outputs = outputs
      self.copiesCode = copiesCode
      self.snapshot = snapshot
    }

    /// The recorded form.
    public var value: Value {
      var members: [String: Value] = [:]
      if let environment { members["environment"] = .text(environment) }
      if let programs { members["programs"] = .text(programs) }
      if !outputs.isEmpty { members["outputs"] = .list(outputs.map { .text($0) }) }
      if copiesCode { members["copies_code"] = true }
      if let snapshot { members["snapshot"] = .text(snapshot.hex) }
      return .object(members)
    }

    /// Reads the recorded form.
    public init(value: Value) {
      self.init(
        environment: value["environment"]?.text, programs: value["programs"]?.text,
        outputs: (value["outputs"]?.list ?? []).compactMap(\.text), copiesCode: value["copies_code"]?.boolean ?? false,
        snapshot: value["snapshot"]?.text.flatMap { Digest(hex: $0) })
    }
  }
}
