internal import ArgumentParser
internal import Glibc
internal import SQLTracking
internal import SQLite
internal import TarArtifacts
internal import Tracking
internal import TrackingServer

extension BenchCommand {
  /// `runs bench fuzz`.
  struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fuzz", abstract: "Asks the server what no client would ask: a line a promise.",
      shouldDisplay: false)

    @Argument(help: ArgumentHelp("An empty folder, for artifacts and the last request.", valueName: "folder"))
    var folder: String

    @Option(help: ArgumentHelp("How many requests.", valueName: "count"))
    var inputs = 1_000_000

    @Option(help: ArgumentHelp("What the requests are drawn from.", valueName: "number"))
    var seed: UInt64 = 1

    /// Asks and prints.
    func run() throws {
      // What was asked last stands in a file, should it end the process.
      let last = open(folder + "/last-request", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      let fuzzer = ServerFuzzer(seed: seed) { number, text in
        let line = Array("request \(number): \(text)\n".utf8)
        _ = pwrite(last, line, line.count, 0)
        ftruncate(last, line.count)
      } makePlace: { round in
        // In memory: what is tried is the way of a request, and a disk is slow.
        let database = CountedDatabase(try SQLiteDatabase())
        let artifacts = folder + "/artifacts"
        _ = try? runQuietly(["rm", "-rf", artifacts])
        return ServerFuzzer.Place(
          store: try SQLTrackingStore(database, journalFolder: nil), artifacts: TarArtifactStore(directory: artifacts),
          changes: { database.changes })
      }
      let began = Timestamp.now()
      var told = 0
      let outcome = try fuzzer.run(inputs: inputs) { outcome in
        // At once too, should a later request end the process.
        for finding in outcome.findings[told...] { remark(finding.filter { !$0.isNewline }) }
        told = outcome.findings.count
        guard outcome.inputs % 100_000 == 0 else { return }
        remark("\(outcome.inputs) requests, \(outcome.findings.count) findings")
      }
      let seconds = max(0.001, Double(began.milliseconds(to: .now())) / 1000)
      func line(_ name: String, _ value: String, _ limit: String, _ isKept: Bool) {
        func padded(_ text: String, _ width: Int) -> String {
          text + String(repeating: " ", count: max(1, width - text.count))
        }
        write(padded(name, 88) + padded(value, 20) + padded(limit, 20) + (isKept ? "kept" : "SHORT") + "\n")
      }
      for finding in outcome.findings { write(finding.filter { !$0.isNewline } + "\n") }
      line(
        "fuzz: requests that were answered as they should be",
        "\(outcome.inputs - outcome.findings.count) of \(outcome.inputs)", "all", outcome.findings.isEmpty)
      line("fuzz: slowest answer", "\(Int(outcome.slowest * 1000)) ms", "at most 1000 ms", outcome.slowest <= 1)
      line(
        "fuzz: routes that took something", "\(outcome.routesAccepting) of \(outcome.routes)", "at least 9 in 10",
        outcome.routesAccepting * 10 >= outcome.routes * 9)
      let statuses = outcome.statuses.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }.joined(
        separator: ", ")
      write("fuzz: seed \(seed), \(Int(Double(outcome.inputs) / seconds)) requests/s; \(statuses)\n")
      write("fuzz: took nothing: \(outcome.refusing.joined(separator: ", "))\n")
      write("fuzz: the slowest was \(outcome.slowestRequest.prefix(300).filter { !$0.isNewline })\n")
      Output.flush()
      if !outcome.findings.isEmpty { throw CommandFailure(.no) }
    }

    private func runQuietly(_ arguments: [String]) throws {
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      _ = try ChildProcess.start(arguments, environment: inheritedEnvironment(), output: null, errors: null)
        .waitForEnd()
    }
  }
}
