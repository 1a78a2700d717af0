import Testing
import Tracking

@testable import runs

@Suite(.timeLimit(.minutes(20))) struct DiffCommandTests {
  /// Two runs of a script that was changed in between, on data that were changed in between.
  private func changed() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write("echo one\n", to: "train.sh")
    try folder.write("1\n", to: "data.csv")
    try folder.write("data.csv\n", to: ".runsignore")
    for (rate, threads) in [("0.1", "1"), ("0.2", "2")] {
      let result = try folder.runs(
        "exec", "--quiet", "--name", "r\(threads)", "--param", "rate=\(rate)", "--param", "same=1", "--input",
        "data=data.csv", "--", "sh", "-c",
        "echo '{\"metric\": \"loss\", \"value\": \(rate), \"step\": 0}' >>$RUNS_LOG",
        environment: ["OMP_NUM_THREADS": threads])
      #expect(result.code == 0, "\(result.errors)")
      try folder.write("echo two\n", to: "train.sh")
      try folder.write("2\n", to: "data.csv")
    }
    return folder
  }

  private func ids(_ folder: TestFolder) throws -> [String] {
    let rows = try #require(folder.runs("list", "--json").json().list)
    return rows.sorted { ($0["name"]?.text ?? "") < ($1["name"]?.text ?? "") }.compactMap { $0["id"]?.text }
  }

  @Test func `what two runs do not have in common is shown part by part`() throws {
    let folder = try changed()
    let runs = try ids(folder)
    let result = try folder.runs("diff", runs[0], runs[1])
    #expect(result.code == Exit.no.rawValue, "\(result.errors)")
    for text in [
      "rate", "0.1", "0.2", "--- a/train.sh\n+++ b/train.sh\n@@ -1 +1 @@\n-echo one\n+echo two\n",
      "threads: OMP_NUM_THREADS",
      "loss (first differs at step 0)", "the same in both: packages, artifacts",
    ] {
      #expect(result.output.contains(text), "\(text) in \(result.output)")
    }
    #expect(!result.output.contains("same  "))
    let json = try folder.runs("diff", runs[0], runs[1], "--json").json()
    #expect(json["parameters"] == [["name": "rate", "left": "0.1", "right": "0.2"]])
    #expect(json["data"]?.list?.first?["name"] == "data")
    #expect(json["code"]?.list?.compactMap { $0["name"]?.text } == ["train.sh"])
    #expect(json["same"] == false)
  }

  @Test func `a run and itself have all in common, and a part can be asked for alone`() throws {
    let folder = try changed()
    let runs = try ids(folder)
    let same = try folder.runs("diff", runs[0], runs[0])
    #expect(same.code == 0)
    #expect(same.output == "the same in both: parameters, code, data, packages, environment, metrics, artifacts\n")
    let brief = try folder.runs("diff", runs[0], runs[1], "--only", "code", "--brief")
    #expect(brief.code == Exit.no.rawValue)
    #expect(brief.output.contains("train.sh") && !brief.output.contains("+echo two"))
    let wrong = try folder.runs("diff", runs[0], runs[1], "--only", "cod")
    #expect(wrong.code == Exit.usage.rawValue)
  }

  @Test func `what was not taken down is said to be unknown`() throws {
    let folder = try changed()
    try folder.runs("exec", "--quiet", "--no-code", "--name", "r3", "--", "true")
    let runs = try ids(folder)
    let result = try folder.runs("diff", runs[0], runs[2], "--only", "code")
    #expect(result.output.contains("not known: no code was taken down for '\(runs[2])'"))
  }
}
