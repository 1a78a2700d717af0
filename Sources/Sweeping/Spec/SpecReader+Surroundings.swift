internal import Tracking

extension SpecReader {
  /// Reads what the trials of a command find around them.
  func surroundings(
    _ trial: SpecMember?, known: SpecMember?, of work: SweepSpec.Work?, _ inputs: SpecInputs
  ) -> SweepSpec.Surroundings {
    guard case .command(let command, let code, _)? = work, let trial, trial.value.members != nil else {
      return SweepSpec.Surroundings()
    }
    let (environment, programs) = environment(trial.value.member("environment"), known: known)
    let snapshot = trial.value.member("snapshot")
    if let snapshot, code.isEmpty { error(snapshot, "snapshot is about the code, and there is no code") }
    let copies = truth(snapshot) ?? true
    for (name, value) in inputs.values.sorted(by: { $0.key < $1.key }) where value == .boolean(false) {
      guard let place = place(ofInput: name, in: trial), command.contains("python") else { continue }
      add(
        place.line, place.column, .warning,
        "the input \(name) is handed over as 'False', as Azure does, and argparse's `type=bool` reads every text as true"
      )
    }
    return SweepSpec.Surroundings(
      environment: environment, programs: programs, outputs: inputs.outputs.sorted(),
      copiesCode: copies && !code.isEmpty)
  }

  private func place(ofInput name: String, in trial: SpecMember) -> (line: Int, column: Int)? {
    guard let command = trial.value.member("command") else { return nil }
    let template = CommandTemplate(command.value.scalarText ?? "")
    guard let found = template.references.first(where: { $0.reference.kind == .inputs && $0.reference.name == name })
    else { return nil }
    return place(of: found.reference.source, in: command.value)
  }
}
