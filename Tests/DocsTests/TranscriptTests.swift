import Testing

struct TranscriptTests {
  static let documents = Documents.all.filter { path in
    ((try? Documents.text(path)) ?? "").contains("```console")
  }

  @Test(arguments: documents)
  func `what a document shows is what the program prints`(_ path: String) throws {
    let folder = TranscriptFolder()
    for block in FencedBlock.all(in: try Documents.text(path)) where block.language == "console" {
      for step in Transcript(block).steps {
        let output = folder.run(step.command)
        let expected = step.expected.last == "" ? step.expected.dropLast() : step.expected
        #expect(
          Transcript.matches(expected, output),
          "\(path):\(step.line): $ \(step.command)\nprints\n\(output.joined(separator: "\n"))")
      }
    }
  }

  @Test func `dots stand for any lines and any text`() {
    #expect(Transcript.matches(["a", "...", "z"], ["a", "b", "c", "z"]))
    #expect(Transcript.matches(["...", "z"], ["z"]))
    #expect(Transcript.matches(["..."], []))
    #expect(!Transcript.matches(["a", "...", "z"], ["a", "b"]))
    #expect(Transcript.matches(["run ... took ... ms"], ["run q7k2 took 12 ms"]))
    #expect(!Transcript.matches(["run ... took ... ms"], ["run q7k2 took 12 s"]))
    #expect(!Transcript.matches(["ab...bc"], ["abc"]))
    #expect(Transcript.matches(["a  "], ["a"]))
    #expect(!Transcript.matches([], ["a"]))
  }

  @Test func `a transcript's commands are run where runs is on the path`() {
    let folder = TranscriptFolder()
    #expect(folder.run("echo out; echo err >&2; pwd") == ["out", "err", folder.path])
    #expect(folder.run("echo 'in quotes' \"it's\"") == ["in quotes it's"])
    #expect(folder.run("ls") == ["examples"])
    #expect(folder.run("runs --version").count == 1)
    let steps = Transcript(
      FencedBlock(language: "console", line: 10, lines: ["$ cat <<X", "> in", "> X", "in", "$ true", "$ echo", ""])
    ).steps
    #expect(steps.map(\.command) == ["cat <<X\nin\nX", "true", "echo"])
    #expect(steps.map(\.line) == [11, 15, 16])
    #expect(folder.run(steps[0].command) == steps[0].expected)
  }
}
