import Glibc
import SQL
import SQLite
import Sweeping
import Testing
import Tracking

@testable import runs

/// Sweeps that really ran, 8 trials at a time, asked for their decisions again.
@Suite(.timeLimit(.minutes(20))) struct ReplayTests {
  private func decided(_ report: Value, by decider: String, _ kind: String) -> Int64 {
    let tallies = report["deciders"]?.list ?? []
    return tallies.first { $0["decider"]?.text == decider && $0["kind"]?.text == kind }?["same"]?.integer ?? 0
  }

  private func checkReplay(_ folder: TestFolder, _ name: String) throws -> Value {
    let result = try folder.runs("replay", "@last", "--json")
    #expect(result.code == 0, "\(name): \(result.output)\(result.errors)")
    let report = try result.json()
    #expect(report["state"] == "finished", "\(name)")
    #expect(report["identical"] == true)
    #expect(report["different"] == 0)
    #expect(report["asked"] == report["same"])
    #expect(report["not_asked"]?.list == [])
    #expect(decided(report, by: "sweep", "end") == 1)
    #expect(try folder.runs("replay", "@last", "--keep").code == 0, "\(name): with plugins that are kept")
    return report
  }

  @Test(arguments: ReplaySpec.strategies.keys.sorted())
  func `each decision of a strategy whose driver was killed is the same again`(name: String) throws {
    let spec = try #require(ReplaySpec.strategies[name])
    let folder = try spec.driven(killedAt: 45)
    let report = try checkReplay(folder, name)
    #expect(decided(report, by: name, "propose") > 12)
    if ["hyperband", "asha", "bayesian_halving"].contains(name) {
      #expect(decided(report, by: name, "resume") + decided(report, by: name, "stop") > 0)
    }
  }

  @Test(arguments: ReplaySpec.policies.keys.sorted())
  func `each stop of a policy whose driver was killed is the same again`(name: String) throws {
    let spec = try #require(ReplaySpec.policies[name])
    let folder = try spec.driven(killedAt: 60)
    let report = try checkReplay(folder, name)
    #expect(decided(report, by: "random", "propose") == 20)
    #expect(decided(report, by: name, "stop") > 0, "\(name)")
  }

  @Test func `no built-in strategy or policy goes without a replay`() {
    let plugins = builtinPlugins()
    #expect(Set(plugins.strategies.keys) == Set(ReplaySpec.strategies.keys))
    #expect(Set(plugins.policies.keys) == Set(ReplaySpec.policies.keys))
  }

  @Test func `enqueued, repeated and extended sweeps replay, up to what a person wanted`() throws {
    let spec = ReplaySpec(
      strategy: "{type: tpe, startup: 4}", more: "enqueue: [{x: 0.25, n: 2}, {x: 0.5, n: 3}]\nrepeats: 2", trials: 12)
    let folder = try spec.driven(killedAt: nil)
    #expect(try folder.runs("sweep", "extend", "@last", "--add-trials", "6", "--quiet").code == 0)
    let result = try folder.runs("replay", "@last", "--json")
    #expect(result.code == 0, "\(result.output)")
    let report = try result.json()
    #expect(decided(report, by: "enqueue", "propose") == 2)
    #expect(decided(report, by: "repeat", "propose") == 9)
    #expect(decided(report, by: "tpe", "propose") == 7)
    #expect(decided(report, by: "sweep", "end") == 2)
    #expect(report["not_asked"] == [["kind": "extend", "why": "a person's wish", "count": 1]])
    let text = try folder.runs("replay", "@last")
    #expect(text.lines.first == "20 of 20 decisions identical")
    #expect(text.lines.last == "not asked again: 1 extension, which hung on a person's wish")
  }

  @Test func `a sweep that its own rules end is asked for its end, too`() throws {
    for rule in ["target: 0.2", "max_trials_not_improving: 3"] {
      let spec = ReplaySpec(strategy: "random", more: "completion: {\(rule)}", trials: 60)
      _ = try checkReplay(spec.driven(killedAt: nil), rule)
    }
    let total = ReplaySpec(strategy: "random", trials: 60)
    let folder = try TestFolder()
    try folder.write(
      total.text.replacing("grace: 2", with: "grace: 2, max_total_resource: 80"), to: "spec.yaml")
    try folder.runs("sweep", "start", "spec.yaml", "--quiet")
    _ = try checkReplay(folder, "max_total_resource")
  }

  @Test func `a sweep by hand replays while it is under way`() throws {
    let folder = try TestFolder()
    try folder.write(
      """
      trial: manual
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      sampling_algorithm: {type: tpe, startup: 2}
      enqueue: [{x: 0.5}]
      early_termination: {type: bandit, slack_amount: 0.1}
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 8}
      seed: 7
      """, to: "manual.yaml")
    let id = try #require(try folder.runs("sweep", "start", "manual.yaml", "--quiet").lines.first)
    #expect(try folder.runs("replay", id).lines == ["sweep \(id) has no decisions yet; it is queued"])
    for number in 0..<5 {
      #expect(try folder.runs("ask", id).code == 0)
      let step = try folder.runs("tell", "\(id)-\(number)", "loss=0.\(number + 1)", "--step", "--json")
      guard try step.json()["advice"] == "continue" else { continue }
      #expect(try folder.runs("tell", "\(id)-\(number)", "loss=0.\(number + 1)").code == 0)
    }
    let result = try folder.runs("replay", id)
    #expect(result.code == 0, "\(result.output)")
    #expect(result.lines.first == "8 of 8 decisions identical so far; the sweep is running", "\(result.output)")
  }

  @Test func `a decision that was changed in the store is named, with what its decider saw`() throws {
    let spec = ReplaySpec(
      strategy: "{type: tpe, startup: 3}", more: "early_termination: {type: bandit, slack_amount: 0.05}")
    let folder = try spec.driven(killedAt: nil)
    let path = folder.path + "/.runs/runs.db"
    func change(_ sql: String) throws {
      let database = try SQLiteDatabase(path: path)
      try database.write(.full) { _ = try $0.run(sql) }
      try database.close()
    }
    #expect(try folder.runs("replay", "@last").code == 0)
    try change(
      "UPDATE decisions SET details = replace(details, '\"good\":', '\"god\":') WHERE trial = 15 AND kind = 'propose'")
    let result = try folder.runs("replay", "@last")
    #expect(result.code == 1)
    #expect(result.errors.isEmpty)
    #expect(result.lines.first?.contains(" decisions identical") == true)
    #expect(result.output.contains("the first that is not: propose of trial 15 by tpe, event "))
    #expect(result.output.contains("it saw "))
    // A reason of the policy that is not the one that it gives.
    try change(
      "UPDATE decisions SET reason = 'no' WHERE event = (SELECT min(event) FROM decisions WHERE kind = 'stop')")
    let report = try folder.runs("replay", "@last", "--json").json()
    #expect(report["different"] == 2)
    let first = try #require(report["first_difference"])
    #expect(first["recorded"]?["kind"] == "stop")
    #expect(first["recorded"]?["reason"] == "no")
    #expect(first["replayed"]?["reason"] != "no")
    #expect(first["fields"] == ["reason"])
    #expect((first["saw"]?.list?.count ?? 0) > 0)
    // A decision that is gone.
    try change("DELETE FROM decisions WHERE trial = 19 AND kind = 'propose'")
    #expect(try folder.runs("replay", "@last", "--json").json()["different"] == 3)
  }

  @Test func `a bit of a parameter that was changed is named`() throws {
    let folder = try ReplaySpec(strategy: "random", trials: 8).driven(killedAt: nil)
    let database = try SQLiteDatabase(path: folder.path + "/.runs/runs.db")
    let (before, after) = try database.write(.full) { connection in
      let of = """
        FROM parameters WHERE run = (SELECT id FROM runs WHERE number = 5)
          AND name = (SELECT id FROM names WHERE name = 'x')
        """
      let before = try #require(try connection.firstText("SELECT value " + of))
      let after = try #require(Double(before)).nextUp.description
      try connection.run(of.replacing("FROM parameters", with: "UPDATE parameters SET value = '\(after)'"))
      return (before, after)
    }
    try database.close()
    let result = try folder.runs("replay", "@last")
    #expect(result.code == 1)
    #expect(result.output.contains("8 of 9 decisions identical"))
    #expect(result.output.contains("propose of trial 5 by random"))
    #expect(result.output.contains(before) && result.output.contains(after))
  }

  @Test func `a sweep whose strategy is not here cannot be replayed`() throws {
    let folder = try ReplaySpec(strategy: "random", trials: 2).driven(killedAt: nil)
    let database = try SQLiteDatabase(path: folder.path + "/.runs/runs.db")
    try database.write(.full) {
      _ = try $0.run("UPDATE sweeps SET spec = replace(spec, '\"random\"', '\"elsewhere\"')")
    }
    try database.close()
    let result = try folder.runs("replay", "@last")
    #expect(result.code == 7)
    #expect(result.errors.contains("runs-strategy-elsewhere"))
  }

  @Test(arguments: [true, false])
  func `a program outside is asked as well, and one that hangs on more than it is shown is found out`(isPure: Bool)
    throws
  {
    let folder = try TestFolder()
    mkdir(folder.path + "/.runs", 0o755)
    mkdir(folder.path + "/.runs/plugins", 0o755)
    let program = folder.path + "/.runs/plugins/runs-strategy-shell"
    try writeText(
      """
      #!/bin/sh
      while read -r line; do
        case $line in
        *'"op":"describe"'*) echo '{"kind":"strategy","name":"shell","protocol":1,"summary":"A test"}' ;;
        *'"op":"open"'*) echo '{"ok":true}' ;;
        *)
          echo >>'\(folder.path)/asks'
          n=\(isPure ? "2" : "$(wc -l <'\(folder.path)/asks')")
          echo '{"changes":[{"do":"propose","parameters":{"x":0.'$n'},"reason":"by itself"}]}'
          ;;
        esac
      done
      """, to: program)
    chmod(program, 0o755)
    try folder.write(
      """
      trial: {command: "echo loss=${{search_space.x}}"}
      metrics: [{name: loss, regex: 'loss=([0-9.]+)'}]
      search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
      sampling_algorithm: shell
      objective: {primary_metric: loss, goal: minimize}
      limits: {max_total_trials: 3, max_concurrent_trials: 1}
      """, to: "spec.yaml")
    let started = try folder.runs("sweep", "start", "spec.yaml", "--quiet")
    #expect(started.code == 0, "\(started.errors)")
    let result = try folder.runs("replay", "@last")
    #expect(result.code == (isPure ? 0 : 1), "\(result.output)\(result.errors)")
    #expect(result.lines.first == (isPure ? "4 of 4 decisions identical" : "1 of 4 decisions identical"))
    guard !isPure else { return }
    #expect(result.lines.contains { $0.hasPrefix("the first that is not: propose of trial 0 by shell, event ") })
    #expect(result.lines.last == "2 more came out otherwise")
    unlink(program)
    #expect(try folder.runs("replay", "@last").code == 7)
  }
}
