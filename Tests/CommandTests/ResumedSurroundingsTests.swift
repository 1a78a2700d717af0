import Testing
import Tracking

@testable import runs

@Suite(.timeLimit(.minutes(20))) struct ResumedSurroundingsTests {
  @Test func `trials that are started in other surroundings have a record of their own`() throws {
    let folder = try TestFolder()
    try folder.writeSweep(of: "echo loss=$OMP_NUM_THREADS", trials: 1)
    let started = try folder.runs("sweep", "start", "spec.yaml", "--json", environment: ["OMP_NUM_THREADS": "1"])
    let sweep = try #require(started.json()["id"]?.text, "\(started.errors)")
    let same = try folder.runs("sweep", "extend", sweep, "--add-trials", "1", environment: ["OMP_NUM_THREADS": "1"])
    #expect(same.code == 0, "\(same.errors)")
    let other = try folder.runs("sweep", "extend", sweep, "--add-trials", "1", environment: ["OMP_NUM_THREADS": "2"])
    #expect(other.code == 0, "\(other.errors)")
    #expect(other.errors.contains("other surroundings: threads: OMP_NUM_THREADS was 1 and is 2"))
    func artifacts(_ number: Int) throws -> [String] {
      try folder.runs("artifacts", "list", "\(sweep)-\(number)", "--json").json().list?.compactMap { $0["name"]?.text }
        ?? []
    }
    #expect(try artifacts(0) == [] && artifacts(1) == [])
    #expect(try artifacts(2) == ["provenance"])
    let difference = try folder.runs("diff", "\(sweep)-1", "\(sweep)-2", "--only", "environment")
    #expect(difference.output.contains("threads: OMP_NUM_THREADS"))
    for number in 0..<3 {
      let again = try folder.runs("reproduce", "\(sweep)-\(number)")
      #expect(again.code == 0, "\(again.output)\(again.errors)")
    }
  }
}
