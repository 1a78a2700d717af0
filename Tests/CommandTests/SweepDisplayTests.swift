import Testing
import Tracking

@testable import Sweeping
@testable import runs

private func progress(running: Int, parameters: Int = 6) -> SweepProgress {
  let spec = SweepSpec(
    experiment: "digits", displayName: "digits with a cnn", work: .trainer("image-classification", fixed: [:]),
    space: SearchSpace([]), strategy: .init("random"), objective: .init(metric: "validation:accuracy", goal: .maximize),
    limits: .init(maxTotalTrials: 24), seed: 1)
  let id = RunID(randomBits: 7)
  let start = Timestamp(milliseconds: 0)
  return SweepProgress(
    sweep: id, spec: spec, state: .running, counts: [.finished: 9, .failed: 1, .running: running], expectedTrials: 24,
    best: .init(
      run: id.trial(7), trial: 7, value: 0.98888,
      parameters: (0..<parameters).map { Parameter("parameter_number_\($0)", .real(Double($0) / 7)) }),
    running: (0..<running).map { number in
      .init(
        run: id.trial(10 + number), trial: 10 + number, attempt: 1 + number % 2, since: start,
        points: number, last: number == 0 ? nil : MetricPoint(step: 84, time: start, value: 0.9722222))
    },
    events: [.init(time: start, trial: 3, state: .failed, text: "exit code 1")], started: start,
    now: Timestamp(milliseconds: 31_000), remainingMilliseconds: 43_000)
}

@Suite struct SweepDisplayTests {
  @Test(arguments: [20, 40, 80, 200], [6, 12, 24, 60])
  func `the block fits the terminal`(columns: Int, rows: Int) {
    let screen = Screen(isTerminal: true, columns: columns, rows: rows, paint: Paint(isOn: false), hasUnicode: true)
    for running in [0, 1, 2, 50] {
      let lines = progress(running: running).lines(on: screen)
      #expect(lines.count < rows)
      for line in lines { #expect(line.displayWidth <= columns, "\(line)") }
    }
  }

  @Test func `it tells progress, what is left, states, the best and its parameters`() {
    let screen = Screen(isTerminal: true, columns: 80, rows: 24, paint: Paint(isOn: false), hasUnicode: false)
    #expect(
      progress(running: 2, parameters: 2).lines(on: screen) == [
        "sweep    \(RunID(randomBits: 7))  digits with a cnn",
        "[################........................] 41%  10/24  0:31, 0:43 left",
        "trials   9 finished, 1 failed, 2 running",
        "best     0.98888 validation:accuracy, trial 7",
        "         parameter_number_0 0   parameter_number_1 0.1429",
        "trial 10 0:31   no validation:accuracy yet",
        "trial 11 0:31   validation:accuracy 0.972222 at step 84   attempt 2",
        "Ctrl-C stops; what is done is kept, and `runs sweep resume` goes on",
      ])
  }

  @Test func `an event is a line`() {
    let one = progress(running: 1)
    #expect(one.events[0].isNotable)
    #expect(one.events[0].line(of: one).hasSuffix("  10/24  trial 3 failed  exit code 1"))
  }
}

@Suite struct ColumnTests {
  @Test func `a list is split at commas outside brackets and quotes`() {
    #expect(
      ListCommand.split("id, params.lr,`params.a,b`,min(metrics.loss) ,") == [
        "id", "params.lr", "`params.a,b`", "min(metrics.loss)",
      ])
  }

  @Test func `a column that there is not is named, with the near one`() {
    #expect(throws: CommandFailure.self) { try RunColumn("duraton") }
    do {
      _ = try RunColumn("duraton")
    } catch let failure as CommandFailure {
      #expect(failure.exit == .usage)
      #expect(failure.message?.contains("did you mean 'duration'?") == true)
    } catch {
      Issue.record(error)
    }
  }

  @Test func `columns are named as they were asked for`() throws {
    let names = ["id", "params.lr", "metrics.validation:accuracy", "min(metrics.loss)", "duration", "best"]
    #expect(
      try names.map { try RunColumn($0).name } == [
        "id", "params.lr", "metrics.validation:accuracy", "min(metrics.loss)", "duration_ms", "best",
      ])
  }
}
