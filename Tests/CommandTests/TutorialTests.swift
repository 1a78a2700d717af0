import Testing

@testable import runs

/// A command of the tutorial with what it prints.
private struct Transcript {
  var command: String
  var output: [String] = []
}

/// The files and commands of a page: fenced blocks `sh file=NAME`, and `shell-session` with `$ ` before each command.
private func read(_ page: String) -> (files: [(name: String, text: String)], transcripts: [Transcript]) {
  var files: [(name: String, text: String)] = []
  var transcripts: [Transcript] = []
  var fence: String?
  for line in page.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
    if line.hasPrefix("```") {
      fence = fence == nil ? String(line.dropFirst(3)) : nil
      if let name = fence?.split(separator: "=").last, fence?.contains("file=") == true {
        files.append((String(name), ""))
      }
    } else if fence?.contains("file=") == true {
      files[files.count - 1].text += line + "\n"
    } else if fence == "shell-session" {
      if line.hasPrefix("$ ") {
        transcripts.append(Transcript(command: String(line.dropFirst(2))))
      } else {
        transcripts[transcripts.count - 1].output.append(line)
      }
    }
  }
  return (files, transcripts)
}

// Ids, times and durations differ from run to run, and with them the spaces of a table.
private func normal(_ line: String) -> String {
  let words = line.split(separator: " ").map { word -> String in
    let id = word.split(separator: "-", maxSplits: 1)
    let isID =
      id.first.map { part in
        // An id in a hundred has no digit; no word of twelve letters does without i, l, o and u.
        part.utf8.count == 12 && part.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".contains($0) }
      } ?? false
    if isID { return "ID" + (id.count > 1 ? "-" + id[1] : "") }
    return word.count == 10 && word.hasPrefix("20") && word.contains("-") ? "DATE" : String(word)
  }
  var kept: [String] = []
  for word in words {
    let isUnit = ["ms", "s", "min", "ms;", "s;"].contains(word)
    if isUnit, let last = kept.last, Double(last) != nil {
      kept.removeLast()
      if kept.last != "TIME" { kept.append("TIME") }
    } else if word.count == 8, word.split(separator: ":").count == 3 {
      kept.append("CLOCK")
    } else {
      kept.append(word)
    }
  }
  return kept.joined(separator: " ")
}

private func matches(_ expected: ArraySlice<String>, _ found: ArraySlice<String>) -> Bool {
  guard let first = expected.first else { return found.isEmpty }
  if first == "..." {
    return found.indices.contains { matches(expected.dropFirst(), found[$0...]) }
      || matches(expected.dropFirst(), found[found.endIndex...])
  }
  guard let line = found.first, normal(first) == normal(line) else { return false }
  return matches(expected.dropFirst(), found.dropFirst())
}

@Suite struct TutorialTests {
  @Test func `the tutorial prints what it says`() throws {
    let (files, transcripts) = read(try #require(try readText(projectFolder + "/docs/tutorial.md")))
    let folder = try TestFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    try runProgram(["cp", "-r", projectFolder + "/examples", folder.path])
    #expect(files.count == 2)
    #expect(transcripts.count >= 14)
    let path = parent(of: runsExecutable) + ":" + (environment("PATH") ?? "")
    for transcript in transcripts {
      let result = try runProgram(
        ["sh", "-c", "exec 2>&1; " + transcript.command], in: folder.path,
        environment: ["PATH": path, "LC_ALL": "C.UTF-8"])
      let found = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      var expected = transcript.output
      while expected.last == "" { expected.removeLast() }
      #expect(result.code == 0, "\(transcript.command): \(result.output)")
      #expect(
        matches(expected[...], found[...]),
        "\(transcript.command) printed:\n\(result.output)\nwhere the tutorial has:\n\(expected.joined(separator: "\n"))"
      )
    }
  }
}
