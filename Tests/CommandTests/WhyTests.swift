import Testing
import Tracking

@testable import runs

@Suite(.timeLimit(.minutes(20))) struct WhyTests {
  /// A sweep by hand, whose records are the same each time: trial 0 is good, trial 1 is stopped, the rest is good.
  private func manual() throws -> (folder: TestFolder, id: String) {
    let folder = try TestFolder()
    try folder.write(
      """
      trial: manual
      search_space: {x: {type: choice, values: [1, 2, 3, 4]}}
      sampling_algorithm: grid
      early_termination: {type: bandit, slack_amount: 0.1}
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 3, max_concurrent_trials: 1}
      seed: 7
      """, to: "manual.yaml")
    let id = try #require(try folder.runs("sweep", "start", "manual.yaml", "--quiet").lines.first)
    for (number, loss) in ["0.2", "0.9", "0.1"].enumerated() {
      try folder.runs("ask", id)
      let step = try folder.runs("tell", "\(id)-\(number)", "loss=\(loss)", "--step", "--json")
      if try step.json()["advice"] == "continue" { try folder.runs("tell", "\(id)-\(number)", "loss=\(loss)") }
    }
    return (folder, id)
  }

  @Test func `a trial that a policy stopped tells who chose it, who stopped it, and with what numbers`() throws {
    let (folder, id) = try manual()
    let result = try folder.runs("why", "\(id)-1")
    #expect(result.code == 0, "\(result.errors)")
    let stop = try #require(
      try folder.runs("show", id, "--json").json()["decisions"]?.list?.first { $0["kind"] == "stop" })
    let event = try #require(stop["as_of"]?.integer)
    #expect(
      result.output.replacing(id, with: "SWEEP") == """
        SWEEP-1  pruned  trial 1 of sweep SWEEP

        Why these parameters
          It has x 2.
          grid proposed it as number 1, with seed 7: point 2 of 4 of the grid.
          It looks at no results, so the trials before it changed nothing but what was left to try.
          Its numbers: point 1.

        Why it ended
          bandit stopped it: \(try #require(stop["reason"]?.text)).
          By then (event \(event)) it had logged 1 point of loss, and 2 trials had begun.
          Its numbers: best 0.2, best trial 0, compared 2, interval 1, threshold 0.3, value 0.9.

        What came of it
          Its loss is 0.9, at step 0: place 3 of 3 trials; the best is trial 2 with 0.1.

        """)
    let best = try folder.runs("why", "\(id)@best")
    #expect(best.output.contains("Its loss is 0.1, at step 0: the best of 3 trials."))
    #expect(best.output.contains("It ran to its end."))
  }

  @Test func `a sweep tells what it was to do, and why it ended`() throws {
    let (folder, id) = try manual()
    let result = try folder.runs("why", id)
    #expect(
      result.output.replacing(id, with: "SWEEP") == """
        SWEEP  finished  a sweep of 3 trials

        What it was to do
          It was to minimize loss in at most 3 trials.
          grid proposed them, with seed 7; bandit stopped the bad ones early.

        Why it ended
          It ended: max_total_trials (3) reached.
          The rule was max_total_trials.
          Its numbers: limit 3, trials 3.

        What came of it
          Of its trials: 2 finished, 1 pruned.
          The best is trial 2 with loss 0.1; `runs why SWEEP-2` tells why it was tried.

        """)
    let json = try folder.runs("why", "\(id)-1", "--json").json()
    #expect(json["run"]?.text == "\(id)-1")
    #expect(json["kind"] == "trial")
    #expect(json["state"] == "pruned")
    #expect(json["score"] == 0.9)
    #expect(json["place"] == 3 && json["of"] == 3)
    #expect(
      json["sections"]?.list?.map { $0["title"] } == ["Why these parameters", "Why it ended", "What came of it"])
    #expect(json["decisions"]?.list?.map { $0["kind"] } == ["propose", "stop"])
  }

  @Test func `a trial that strategies paused, and one that failed, tell of it`() throws {
    let staged = try ReplaySpec.staged("{type: asha, reduction_factor: 2}").driven(killedAt: nil)
    let decisions = try #require(try staged.runs("show", "@last", "--json").json()["decisions"]?.list)
    let resumed = try #require(decisions.first { $0["kind"] == "resume" }?["trial"]?.integer)
    let id = try #require(try staged.runs("list", "--kind", "sweep", "--quiet").lines.first)
    let text = try staged.runs("why", "\(id)-\(resumed)").output
    #expect(text.contains("At first it was allowed 1 point of loss."))
    #expect(text.contains("paused: it has logged the 1 point that it is allowed so far"))
    #expect(text.contains("asha let it go on: number "))
    #expect(text.contains("; up to 2 points ("))
    let folder = try TestFolder()
    try folder.write(
      """
      trial: {command: "echo loss=1; echo the disk is on fire >&2; exit 3"}
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      metrics: [{name: loss, regex: 'loss=([0-9.]+)'}]
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 1, max_retries: 1}
      """, to: "spec.yaml")
    #expect(try folder.runs("sweep", "start", "spec.yaml", "--quiet").code == 1)
    let sweep = try #require(try folder.runs("list", "--kind", "sweep", "--quiet").lines.first)
    let failed = try folder.runs("why", "\(sweep)-0").output
    #expect(failed.contains("  It failed: exit code 3: the disk is on fire.\n"))
    #expect(failed.contains("  It took 2 attempts; the last ended with exit code 3.\n"))
    #expect(failed.contains("  | the disk is on fire\n"))
    #expect(failed.contains("scheduled: exit code 3: the disk is on fire; it is tried again (1 of max_retries left)"))
    #expect(try folder.runs("why", sweep).output.contains("  It failed: no trial logged a finite 'loss'; "))
  }

  @Test func `a run on its own tells what started it and how it ended`() throws {
    let folder = try TestFolder()
    #expect(try folder.runs("exec", "--quiet", "--", "sh", "-c", "exit 3").code == 3)
    let text = try folder.runs("why", "@last").output
    #expect(text.contains("What started it\n  It was started as `sh -c 'exit 3'` in "))
    #expect(text.contains("How it ended\n  It failed after "))
    #expect(text.contains("exit code 3"))
    #expect(try folder.runs("why", "@best").code == 3)
  }

  @Test func `on a terminal no line is wider than the screen`() throws {
    let explanation = Explanation(
      run: Run(
        id: RunID(randomBits: 1), experiment: "e", kind: .run, state: .failed, created: Timestamp(milliseconds: 0)),
      title: "a run",
      sections: [
        Explanation.Section(
          title: "Why", sentences: ["It has a long reason that goes on and on, with words in it.", "And another."],
          steps: [(Timestamp(milliseconds: 0), "paused: it has logged the 3 points that it is allowed so far")],
          output: [String(repeating: "x", count: 200)]),
        Explanation.Section(title: "Nothing"),
      ])
    var screen = Screen.pipe
    screen.columns = 48
    let lines = explanation.text(on: screen).split(separator: "\n")
    #expect(lines.allSatisfy { String($0).displayWidth <= 48 })
    #expect(lines.count > 6)
    #expect(!lines.contains("Nothing"))
  }
}
