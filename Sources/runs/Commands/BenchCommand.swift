internal import ArgumentParser
internal import Glibc
internal import ImageClassificationTrainer
internal import SQLTracking
internal import SQLite
internal import Tracking

/// `runs bench`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Prints measurements; scripts/bench runs it.",
    shouldDisplay: false,
    subcommands: [Trainer.self, Store.self, Fuzz.self])

  /// `runs bench trainer`.
  struct Trainer: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "trainer", abstract: "Measures training steps: a line of JSON a net.", shouldDisplay: false)

    @Argument(help: ArgumentHelp("The nets; otherwise all of them.", valueName: "net"))
    var nets: [String] = []

    @Option(help: ArgumentHelp("Images per update.", valueName: "count"))
    var batch = 128

    @Option(help: ArgumentHelp("Threads.", valueName: "count"))
    var threads = 1

    @Option(help: ArgumentHelp("Seconds of processor time a net.", valueName: "number"))
    var seconds = 2.0

    @Option(help: ArgumentHelp("Instruction set: 0 SSE2, 1 AVX2, 2 AVX-512; otherwise the best.", valueName: "number"))
    var level: Int32?

    @Option(help: ArgumentHelp("A directory with MNIST's training files.", valueName: "folder"))
    var mnist: String?

    /// Measures and prints.
    func run() throws {
      for net in nets.isEmpty ? TrainerBenchmark.nets : nets {
        do {
          let measured = try TrainerBenchmark.run(
            net: net, batch: batch, threads: threads, seconds: seconds, level: level, mnist: mnist)
          write(measured.json + "\n")
          Output.flush()
        } catch {
          throw CommandFailure(.usage, String(describing: error))
        }
      }
    }
  }

  /// `runs bench store`.
  struct Store: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "store", abstract: "Measures the store against its limits: a line a number.",
      shouldDisplay: false)

    @Argument(help: ArgumentHelp("A folder for the databases, which must be empty.", valueName: "folder"))
    var folder: String

    @Option(help: ArgumentHelp("How many runs are searched.", valueName: "count"))
    var runs = 20_000

    @Flag(help: "A line of JSON a number.")
    var json = false

    /// Measures and prints.
    func run() throws {
      let benchmark = StoreBenchmark(
        in: folder, open: { try SQLiteDatabase(path: $0) },
        report: {
          write((json ? $0.json : $0.text) + "\n")
          Output.flush()
        })
      try benchmark.run(runs: runs)
    }
  }
}
