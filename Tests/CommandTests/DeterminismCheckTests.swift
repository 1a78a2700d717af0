import Glibc
import Testing
import Tracking

@testable import runs

@Suite(.timeLimit(.minutes(20))) struct DeterminismCheckTests {
  private func folder(_ value: String, deterministic: String = "") throws -> TestFolder {
    let folder = try TestFolder()
    try folder.writeSweep(
      of: "echo \"loss=\(value)\"; echo \"hash $PYTHONHASHSEED\"", trials: 4, atOnce: 2,
      rest: "seed: 5\n" + deterministic)
    return folder
  }

  private func recorded(_ folder: TestFolder) throws -> Value {
    let sweep = try #require(folder.runs("list", "--kind", "hyperdrive", "--json").json().list?.first?["id"]?.text)
    let text = try folder.runs("show", sweep, "--json").json()["tags"]?["runs.determinism"]?.text
    return try Value(json: try #require(text))
  }

  @Test func `a sweep whose first trial comes out the same says so`() throws {
    let folder = try folder("$1")
    let result = try folder.runs("sweep", "start", "spec.yaml", "--check-determinism")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("run twice, trial 0 came out the same"))
    let value = try recorded(folder)
    #expect(value["verdict"] == "identical")
    #expect(value["spread"] == 0.0)
    #expect(
      try folder.runs("show", value["again"]?.text ?? "", "--json").json()["tags"]?["runs.verdict"] == "identical")
    let output = try folder.runs("logs", value["trial"]?.text ?? "").output
    #expect(output.contains("hash 5"))
  }

  @Test func `one that comes out otherwise is measured, and goes on`() throws {
    // Each execution of the script counts on: nothing in it is the same twice.
    let folder = try folder("1.$(date +%N)")
    let result = try folder.runs("sweep", "start", "spec.yaml", "--check-determinism")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("run twice, trial 0 differs by "))
    let value = try recorded(folder)
    #expect(value["verdict"] == "different")
    #expect((value["spread"]?.number ?? 0) > 0)
    #expect(result.output.contains("4 finished"))
  }

  @Test func `deterministic: require ends such a sweep before the second trial`() throws {
    let folder = try folder("1.$(date +%N)", deterministic: "deterministic: require")
    let result = try folder.runs("sweep", "start", "spec.yaml")
    #expect(result.code == Exit.no.rawValue)
    #expect(result.errors.contains("came out otherwise when it was run again"))
    #expect(try folder.runs("list", "--kind", "trial", "--json").json().list?.count == 1)
    let replayed = try folder.runs("replay", "@last")
    #expect(replayed.code == 0, "\(replayed.output)\(replayed.errors)")
  }

  @Test func `another word is refused with its place`() throws {
    let folder = try folder("1", deterministic: "deterministic: sometimes")
    let result = try folder.runs("sweep", "check", "spec.yaml")
    #expect(result.code == Exit.usage.rawValue)
    #expect(result.errors.contains("spec.yaml:9:16: error: deterministic is check"))
  }
}
