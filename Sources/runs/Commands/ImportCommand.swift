internal import ArgumentParser
internal import Exchange
internal import Tracking

/// `runs import`.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Brings in the runs of another store, or those that another program recorded.",
    usage: """
      runs import <file> [<options>]
      runs import mlflow <place> [<options>]
      runs import tensorboard <folder> [<options>]
      """,
    discussion: """
      Examples:
        runs import q7k2.tar.zst
        runs import mlflow mlruns
        runs import mlflow http://localhost:5000
        runs import tensorboard logs
      """,
    subcommands: [ExportedRuns.self, MLflow.self, TensorBoard.self], defaultSubcommand: ExportedRuns.self)

  /// `runs import mlflow`.
  struct MLflow: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "mlflow",
      abstract: "Brings in an MLflow file store, SQLite database or server: everything, artifacts too.",
      usage: "runs import mlflow <place> [<options>]",
      discussion: """
        Ids are kept. Repeated, it adds what has come since, and after a crash it goes on where it stopped; a run that is \
        here with other content is named and left alone. A server is asked with MLFLOW_TRACKING_TOKEN, or \
        MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.

        Examples:
          runs import mlflow mlruns
          runs import mlflow mlflow.db --artifacts mlartifacts
          runs import mlflow https://mlflow.example.com
        """)

    @Argument(
      help: ArgumentHelp("The folder mlruns, an SQLite database, or a server's URL.", valueName: "place"),
      completion: .file())
    var place: String

    @Option(
      help: ArgumentHelp(
        "Where artifacts are that are not where their records say: a folder with a folder an experiment.",
        valueName: "folder"), completion: .directory)
    var artifacts: String?

    @OptionGroup var form: ImportOptions
    @OptionGroup var common: GlobalOptions

    /// Imports everything.
    func run() throws {
      let folder = try artifacts.map { folder in
        guard exists(folder) else { throw CommandFailure(.notFound, "there is no folder '\(folder)' of artifacts") }
        return absolute(folder)
      }
      try form.importing(common) { problems in
        try openMLflow(place, artifacts: folder, report: { problems.add($0) })
      }
    }
  }

  /// `runs import tensorboard`.
  struct TensorBoard: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "tensorboard",
      abstract: "Brings in the scalars and hyperparameters of TensorBoard's event files.",
      usage: "runs import tensorboard <folder> [<options>]",
      discussion: """
        Every folder with event files is a run, named by its path. Images, histograms and the like are counted and left \
        out. Repeated, it adds what has come since; a run that has grown is named and left alone.

        Examples:
          runs import tensorboard logs
          runs import tensorboard logs --experiment cifar
        """)

    @Argument(help: ArgumentHelp("The log directory.", valueName: "folder"), completion: .directory)
    var folder: String

    @Option(help: ArgumentHelp("The experiment; otherwise the folder's name.", valueName: "name"))
    var experiment: String?

    @OptionGroup var form: ImportOptions
    @OptionGroup var common: GlobalOptions

    /// Imports everything.
    func run() throws {
      let path = absolute(folder)
      let name = experiment ?? lastName(path)
      try form.importing(common) { problems in
        let source = try TensorBoardFolder(path, experiment: name, report: { problems.add($0) })
        return OpenForeignStore(
          store: source, files: LocalFiles(folder: nil, report: { problems.add($0) }), origin: "tensorboard",
          remarks: {
            source.leftOut.sorted { $0.key < $1.key }.map { kind, count in
              "left out: \(counted(count, "value")) of the kind '\(kind)'"
            }
          })
      }
    }
  }
}
