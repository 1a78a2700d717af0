extension TrackingCall {
  /// Answers a call that reads.
  ///
  /// - Parameter arguments: the object that came with it.
  /// - Throws: what the store refuses; `.invalid` for arguments that make no sense, and for a call that writes.
  package func read(_ arguments: Value, from store: any TrackingReader) throws -> any WireRecord {
    let fields = try WireFields(arguments, "the call '\(rawValue)'")
    func run() throws -> RunID { try fields.get("run") }
    switch self {
    case .run: return try store.run(run())
    case .runID: return try store.runID(matching: fields.get("text")).text
    case .runs: return try store.runs(matching: fields.get("query"))
    case .transitions: return try store.transitions(of: run())
    case .parameters: return try store.parameters(of: run())
    case .tags: return try store.tags(of: run())
    case .series: return try store.series(of: run(), attempt: fields.optional("attempt"))
    case .summaries:
      let summaries = try store.summaries(of: fields.get("metric"), inChildrenOf: run())
      return Dictionary(summaries.map { ($0.key.text, $0.value) }, uniquingKeysWith: { $1 })
    case .attempts: return try store.attempts(of: run())
    case .artifacts: return try store.artifacts(of: run())
    case .sweep: return try store.sweep(run())
    case .decisions: return try store.decisions(of: run())
    case .trials: return try store.trials(of: run(), asOf: fields.optional("as_of"))
    case .lastEvent: return try store.lastEvent(of: run())
    case .points:
      let (from, to): (Int, Int) = (try fields.get("from", or: 0), try fields.get("to", or: .max))
      guard from <= to else { throw TrackingError(.invalid, "points from \(from) to \(to) are no range") }
      return try store.points(
        of: run(), metric: fields.get("metric"), in: from..<to, attempt: fields.optional("attempt"))
    default: return try readCatalogue(fields, from: store)
    }
  }

  private func readCatalogue(_ fields: WireFields, from store: any TrackingReader) throws -> any WireRecord {
    func run() throws -> RunID { try fields.get("run") }
    switch self {
    case .experiments: return try store.experiments()
    case .experiment:
      if let id: Int64 = try fields.optional("id") { return try store.experiment(id: id) }
      return try store.experiment(named: fields.get("name"))
    case .inputs: return try store.inputs(of: run())
    case .outputs: return try store.outputs(of: run())
    case .loggedModel: return try store.loggedModel(fields.get("id"))
    case .loggedModels:
      return try store.loggedModels(
        inExperiments: fields.get("experiments", or: []), of: fields.optional("run"))
    case .modelFiles: return try store.files(ofModel: fields.get("id"))
    case .registeredModels: return try store.registeredModels()
    case .registeredModel: return try store.registeredModel(fields.get("name"))
    case .modelVersions: return try store.modelVersions(of: fields.optional("name"))
    case .accessTokens: return try store.accessTokens()
    default: throw TrackingError(.invalid, "the call '\(rawValue)' does not read")
    }
  }
}
