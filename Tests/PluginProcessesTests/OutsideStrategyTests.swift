import Glibc
import PluginProcesses
import RandomStrategy
import Testing
import Tracking
import TrackingContracts

@Suite struct OutsideStrategyTests {
  private let sweep = Sweep(run: sweepRun, spec: spec("shell"), source: "")

  private func session(on records: RecordedTrials = RecordedTrials(), _ sweep: Sweep? = nil) throws -> SweepSession {
    try SweepSession(sweep: sweep ?? self.sweep, decider: "shell", reader: records)
  }

  private func failure(_ ask: String, more: String = "") throws -> String {
    let plugin = ShellPlugin(ask: ask, more: more)
    defer { plugin.keep() }
    let strategy = try plugin.strategy()
    let session = try session()
    do {
      _ = try strategy.propose(upTo: 1, in: session)
      Issue.record("it answered: \(session.changes)")
      return ""
    } catch let error as TrackingError {
      #expect(error.code == .system)
      #expect(session.changes.isEmpty)
      return error.message
    }
  }

  @Test func `a shell script proposes trials`() throws {
    let plugin = ShellPlugin(ask: #"echo '{"outlook":"waiting","changes":[\#(proposal(depth: 3))]}'"#)
    defer { plugin.keep() }
    let session = try session()
    #expect(try plugin.strategy().propose(upTo: 2, in: session) == .waiting)
    #expect(session.configurations == [[Parameter("kind", "a"), Parameter("depth", 3)]])
    #expect(session.changes.count == 2)
  }

  @Test func `numbers are brought into the form of their domain`() throws {
    let answer =
      #"{"changes":[{"do":"propose","parameters":{"kind":"b","depth":4.0,"rate":1},"reason":"r","allowance":2}]}"#
    let session = try session()
    let plugin = ShellPlugin(ask: "echo '\(answer)'")
    defer { plugin.keep() }
    #expect(try plugin.strategy().propose(upTo: 1, in: session) == .open)
    #expect(session.configurations == [[Parameter("kind", "b"), Parameter("depth", 4), Parameter("rate", 1.0)]])
    #expect(session.changes.contains(.allow(sweepRun.trial(0), points: 2)))
  }

  @Test func `a program that ends before it answers is a failed ask, with what it wrote`() throws {
    let message = try failure("echo 'no such module: gp' >&2; exit 3")
    #expect(message.contains("exit code 3"))
    #expect(message.contains("no such module: gp"))
    #expect(message.contains("'shell'"))
  }

  @Test func `a program that is killed is a failed ask`() throws {
    #expect(try failure("kill -9 $$").contains("signal 9"))
  }

  @Test func `a program that hangs is given up after its time`() throws {
    let message = try failure("sleep 600", more: #""timeout":0.3,"#)
    #expect(message.contains("did not answer within 0.3 s"))
  }

  @Test func `a program that closes its output and lives on is given up`() throws {
    #expect(try failure("exec >&-; sleep 600").contains("closed its output"))
  }

  @Test func `rubbish is a failed ask`() throws {
    #expect(try failure("echo hello").contains("'hello', which is no JSON"))
    #expect(try failure(#"echo '{"changes":[{"do":"dance","reason":"r"}]}'"#).contains("no known 'do'"))
    #expect(try failure(#"echo '{"error":"I cannot"}'"#).contains("it refused: I cannot"))
    #expect(try failure(#"echo '{"outlook":"bright"}'"#).contains("bright"))
  }

  @Test func `a proposal outside the space is a failed ask`() throws {
    func proposing(_ parameters: String) -> String {
      #"echo '{"changes":[{"do":"propose","parameters":\#(parameters),"reason":"r"}]}'"#
    }
    #expect(try failure(proposing(#"{"kind":"a","depth":12}"#)).contains("depth = 12"))
    #expect(try failure(proposing(#"{"kind":"a","depth":"deep"}"#)).contains("outside the space"))
    #expect(try failure(proposing(#"{"kind":"a"}"#)).contains("no value for 'depth'"))
    #expect(try failure(proposing(#"{"kind":"a","depth":1,"rate":0.5}"#)).contains("`when` does not hold"))
    #expect(try failure(proposing(#"{"kind":"a","depth":1,"width":5}"#)).contains("no parameter of the space"))
    let two = "[\(proposal(depth: 1)),\(proposal(depth: 2))]"
    #expect(try failure(#"echo '{"changes":\#(two)}'"#).contains("more trials than the 1"))
    #expect(try failure(#"echo '{"changes":[{"do":"stop","trial":7,"reason":"r"}]}'"#).contains("trial 7"))
  }

  @Test func `after a failed ask a fresh process is told everything`() throws {
    let plugin = ShellPlugin(
      ask: """
        if [ $started = 2 ] && [ $asks = 2 ]; then exit 1; fi
        echo '{"changes":[\(proposal(depth: 5))]}'
        """)
    defer { plugin.keep() }
    let strategy = try plugin.strategy()
    var records = RecordedTrials()
    let first = try session()
    _ = try strategy.propose(upTo: 1, in: first)
    records = records.recording(first)
    #expect(throws: TrackingError.self) { try strategy.propose(upTo: 1, in: session(on: records)) }
    let third = try session(on: records)
    #expect(try strategy.propose(upTo: 1, in: third) == .open)
    #expect(third.configurations.count == 2)
    let asks = try plugin.asks
    #expect(asks.map { $0["trials"]?.list?.count } == [0, 1, 1])
    #expect(asks[1]["trials"] == asks[2]["trials"])
  }

  @Test func `each ask tells what is new and nothing else`() throws {
    let plugin = ShellPlugin(ask: #"echo '{"outlook":"waiting"}'"#)
    defer { plugin.keep() }
    let strategy = try plugin.strategy()
    var records = RecordedTrials(
      trials: [
        Trial(
          run: sweepRun.trial(0), number: 0, parameters: [Parameter("depth", 1)], state: .running, observed: 1,
          proposed: 1)
      ], objective: [0: MetricColumns(name: "loss", steps: [0], times: [10], values: [0.5])], event: 3)
    _ = try strategy.propose(upTo: 1, in: session(on: records))
    _ = try strategy.propose(upTo: 1, in: session(on: records))
    records.event = 5
    records.trials[0].observed = 3
    records.objective[0] = MetricColumns(
      name: "loss", steps: [0, 1, 2], times: [10, 11, 12], values: [0.5, 0.25, .nan])
    _ = try strategy.propose(upTo: 1, in: session(on: records))
    records.event = 9
    records.trials[0].state = .finished
    records.trials[0].ended = 9
    _ = try strategy.propose(upTo: 1, in: session(on: records))
    let asks = try plugin.asks
    #expect(asks.map { $0["as_of"] } == [3, 3, 5, 9])
    let told = asks.map { $0["trials"]?.list ?? [] }
    #expect(told[0].first?["objective"]?["values"] == [0.5])
    #expect(told[0].first?["parameters"] == ["depth": 1])
    #expect(told[1].isEmpty)
    #expect(
      told[2] == [
        ["number": 0, "objective": ["from": 1, "values": [0.25, "NaN"], "steps": [1, 2], "times": [11, 12]]]
      ])
    #expect(told[3] == [["number": 0, "state": "finished", "ended": 9]])
  }

  @Test func `a replay as of an earlier event begins anew`() throws {
    let plugin = ShellPlugin(ask: #"echo '{"changes":[\#(proposal(depth: 5))]}'"#)
    defer { plugin.keep() }
    let strategy = try plugin.strategy()
    let first = try session()
    _ = try strategy.propose(upTo: 1, in: first)
    let records = RecordedTrials().recording(first)
    _ = try strategy.propose(upTo: 1, in: session(on: records))
    let again = try session()
    _ = try strategy.propose(upTo: 1, in: again)
    #expect(again.changes == first.changes)
    #expect(try plugin.asks.last?["trials"] == [])
  }

  @Test func `what a program says of itself must be what it was asked for as`() throws {
    let plugin = ShellPlugin(ask: "exit")
    defer { plugin.keep() }
    let other = OutsideProgram(kind: .strategy, name: "other", path: plugin.program.path)
    #expect(throws: TrackingError.self) { try other.introduction(environment: ShellPlugin.environment) }
    let missing = OutsideProgram(kind: .strategy, name: "none", path: plugin.folder("none"))
    #expect(throws: TrackingError.self) { try missing.introduction(environment: ShellPlugin.environment) }
  }

  @Test func `an option that a program does not tell of is an error`() throws {
    let plugin = ShellPlugin(ask: "exit", more: #""options":[{"name":"begin","summary":"s"}],"#)
    defer { plugin.keep() }
    let introduction = try plugin.introduction()
    func problems(_ options: [String: Value]) -> [PluginProblem] {
      plugin.program.problems(
        introduction, options: options, sweep: sweep.spec, environment: ShellPlugin.environment)
    }
    #expect(problems(["begin": 3]) == [])
    #expect(problems(["end": 3]).map(\.isError) == [true])
  }

  @Test func `a policy outside stops trials`() throws {
    let plugin = ShellPlugin(
      kind: .policy, ask: #"echo '{"changes":[{"do":"stop","trial":0,"reason":"too bad","details":{"a":1}}]}'"#)
    defer { plugin.keep() }
    let policy = OutsidePolicy(
      plugin.program, try plugin.introduction(), options: [:], environment: ShellPlugin.environment)
    let records = RecordedTrials(
      trials: [
        Trial(run: sweepRun.trial(0), number: 0, parameters: [], state: .running, observed: 0, proposed: 1)
      ], event: 2)
    let session = try session(on: records)
    try policy.judge(in: session)
    guard case .decide(let decision)? = session.changes.first else {
      Issue.record("no decision: \(session.changes)")
      return
    }
    #expect(decision.kind == .stop)
    #expect(decision.reason == "too bad")
    #expect(decision.details == ["a": 1])
  }

  @Test func `programs are found by name, an earlier folder first`() throws {
    let (near, far) = (ScratchFolder(), ScratchFolder())
    near.write("runs-strategy-a", "", executable: true)
    far.write("runs-strategy-a", "", executable: true)
    far.write("runs-policy-b", "", executable: true)
    far.write("runs-strategy-c", "not executable")
    far.makeDirectory("runs-strategy-d")
    let folders = [near.path, far("none"), far.path]
    #expect(
      OutsideProgram.all(in: folders) == [
        OutsideProgram(kind: .strategy, name: "a", path: near("runs-strategy-a")),
        OutsideProgram(kind: .policy, name: "b", path: far("runs-policy-b")),
      ])
    #expect(OutsideProgram.find(.policy, "b", in: folders)?.path == far("runs-policy-b"))
    #expect(OutsideProgram.find(.strategy, "c", in: folders) == nil)
    #expect(OutsideProgram.find(.strategy, "../x", in: folders) == nil)
  }

  @Test func `a plugin of ours served outside proposes what it proposes inside`() throws {
    let folder = ScratchFolder()
    folder.write(
      "runs-strategy-random", "#!/bin/sh\nexec '\(builtProgram)' plugin serve random\n", executable: true)
    let program = try #require(OutsideProgram.find(.strategy, "random", in: [folder.path]))
    let introduction = try program.introduction(environment: ShellPlugin.environment)
    #expect(introduction.description == RandomStrategy.description)
    let sweep = Sweep(run: sweepRun, spec: spec("random"), source: "")
    let outside = OutsideStrategy(program, introduction, options: [:], environment: ShellPlugin.environment)
    let inside = try RandomStrategy(options: [:], sweep: sweep.spec)
    var records = RecordedTrials()
    for count in [3, 1, 0, 5] {
      let (one, other) = (try session(on: records, sweep), try session(on: records, sweep))
      #expect(try outside.propose(upTo: count, in: one) == inside.propose(upTo: count, in: other))
      #expect(one.changes == other.changes)
      records = records.recording(one)
    }
    #expect(records.trials.count == 9)
  }
}

/// The program that was built beside the tests.
let builtProgram: String = {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
  let executable = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return executable.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/runs"
}()
