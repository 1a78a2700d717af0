internal import Sweeping
internal import Tracking

/// What it takes to train a run again: a trainer and what it is told.
struct TrainerWork: Equatable {
  /// The trainer's name.
  var trainer: String
  /// Everything that it is told: the sweep's fixed parameters and the run's own.
  var parameters: [String: Value]

  /// Names the work.
  init(trainer: String, parameters: [String: Value]) {
    self.trainer = trainer
    self.parameters = parameters
  }

  /// Reads from the record what a run trained, or is to train.
  ///
  /// - Throws: `.incomplete` saying what the record lacks.
  init(of run: Run, in reader: any TrackingReader) throws {
    if let trainer = run.origin["trainer"]?.text, let told = run.origin["parameters"]?.object {
      self.init(trainer: trainer, parameters: told)
      return
    }
    guard run.kind == .trial, let parent = run.parent, let number = run.number else {
      throw CommandFailure(
        .incomplete,
        run.kind == .hyperdrive
          ? "'\(run.id)' is a sweep; name one of its trials, such as \(run.id)-0 or \(run.id)@best"
          : "the record of run '\(run.id)' holds its command, and lacks the command's program, data and packages, "
            + "so it cannot be run again bit for bit; only a built-in trainer's runs can")
    }
    let spec = try reader.sweep(parent).spec
    guard case .trainer(let trainer, let fixed) = spec.work else {
      throw CommandFailure(
        .incomplete,
        "trial '\(run.id)' ran a command; its record holds the command, parameters and seed, and lacks the program's "
          + "files, its packages and its data, so it cannot be run again bit for bit; only a built-in trainer's trials can"
      )
    }
    guard let trial = try reader.trials(of: parent, asOf: nil).first(where: { $0.number == number }) else {
      throw CommandFailure(.damaged, "sweep '\(parent)' has no trial \(number), which run '\(run.id)' says it is")
    }
    var parameters = fixed
    if let seed = fixed["seed"]?.integer {
      parameters["seed"] = .integer((seed &+ Int64(spec.seedOffset(ofTrial: number))) & (1 << 53 - 1))
    }
    self.init(trainer: trainer, parameters: parameters.merging(trial.parameters.byName, uniquingKeysWith: { $1 }))
  }
}
