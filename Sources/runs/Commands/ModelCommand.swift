internal import ArgumentParser
internal import Glibc
internal import ImageClassificationTrainer
internal import Tracking

/// `runs model`.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Checks models that a built-in trainer left.",
    discussion: """
      Examples:
        runs model verify @best
        runs model verify model.tar.gz
      """,
    subcommands: [Verify.self])

  /// `runs model verify`.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Loads a model, checks its files and computes its self-test again, bit for bit.",
      usage: "runs model verify <path|run> [<options>]",
      discussion: """
        The model is a run's artifact `model`, a directory, or a model.tar.gz. The exit code is 1 when anything differs.

        Examples:
          runs model verify @best
          runs model verify ./model
          runs model verify model.tar.gz
        """)

    @Argument(
      help: ArgumentHelp("A run, a directory or a tarball.", valueName: "path|run"), completion: .file())
    var model: String

    @OptionGroup var common: GlobalOptions

    /// Verifies the model.
    func run() throws {
      let temporary = try TemporaryFolder()
      let folder = try unpacked(into: temporary.path)
      let verification = ModelVerification(of: folder)
      var table = Table(columns: [
        Table.Column(title: ""), Table.Column(title: "WHAT"), Table.Column(title: "FOUND", isFlexible: true),
      ])
      for check in verification.checks {
        table.rows.append([
          check.isRight ? Table.Cell("ok", .green) : Table.Cell("wrong", .red), Table.Cell(check.name),
          Table.Cell(check.finding),
        ])
      }
      write(table.text(on: common.out))
      guard verification.isValid else { throw CommandFailure(.no, "\(model) is not the model that was written") }
    }

    // A path that is there goes before a run of that name.
    private func unpacked(into temporary: String) throws -> String {
      var status = stat()
      guard stat(model, &status) == 0 else {
        let store = try common.openStore()
        let artifact = try store.artifact(Reproduction.modelName, of: store.run(model))
        try store.artifacts.restore(artifact.digest, to: temporary + "/model", limits: RestoreLimits())
        return modelFolder(in: temporary + "/model")
      }
      if status.st_mode & S_IFMT == S_IFDIR { return modelFolder(in: model) }
      // tar keeps what it unpacks below the folder by itself.
      let tar = try ChildProcess.start(
        ["tar", "-xf", absolute(model), "-C", temporary, "--no-same-owner"], environment: inheritedEnvironment(),
        output: 1, errors: 2)
      guard tar.waitForEnd() == .exited(0) else {
        throw CommandFailure(.usage, "\(model) is no tarball that can be unpacked")
      }
      return modelFolder(in: temporary)
    }

    // The files lie in the folder itself, or in the one folder in it.
    private func modelFolder(in folder: String) -> String {
      let inner = folder + "/model"
      return access(folder + "/MANIFEST.sha256", F_OK) != 0 && access(inner, F_OK) == 0 ? inner : folder
    }
  }
}
