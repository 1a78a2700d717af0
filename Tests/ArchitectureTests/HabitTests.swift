import Testing

/// Habits that a compiler does not know.
struct HabitTests {
  /// Files that may be longer than 600 lines, because they are tables of data.
  private let tables: Set<String> = []

  private let everything =
    ["Sources", "plugins", "schema", "Tests"].flatMap {
      Repository.files(in: $0, suffixes: [".swift", ".c", ".h", ".sql"])
    }

  @Test func `a file holds one idea`() throws {
    #expect(everything.count > 50)
    for file in everything where !tables.contains(file) {
      let count = try Repository.lines(file).count
      #expect(count <= 600, "\(file) has \(count) lines; split it, or list it as a table")
    }
  }

  @Test func `names say what a thing is`() throws {
    let empty: Set<String> = [
      "Manager", "Helper", "Helpers", "Utils", "Util", "Utilities", "Common", "Base", "Impl", "Misc",
    ]
    func words(_ name: some StringProtocol) -> [String] {
      var words: [String] = []
      for character in name {
        if character.isUppercase || !character.isLetter || words.isEmpty { words.append("") }
        words[words.count - 1].append(character)
      }
      return words
    }
    for file in everything {
      let name = file.split(separator: "/").last!.split(separator: ".").first!
      #expect(empty.isDisjoint(with: words(name)), "\(file)")
      guard file.hasSuffix(".swift") else { continue }
      for (number, line) in try Repository.lines(file).enumerated() where !isComment(line) {
        let parts = line.split(separator: " ")
        for (keyword, type) in zip(parts, parts.dropFirst())
        where ["struct", "class", "enum", "protocol", "actor"].contains(keyword) {
          #expect(empty.isDisjoint(with: words(type)), "\(file):\(number + 1): \(type)")
        }
      }
    }
  }

  @Test func `nothing is unsafe without saying why`() throws {
    for file in Repository.sources {
      let lines = try Repository.lines(file)
      for (number, line) in lines.enumerated() where !isComment(line) {
        #expect(!line.contains("nonisolated(" + "unsafe)"), "\(file):\(number + 1)")
        guard line.contains("@unchecked Sendable") else { continue }
        let around = lines[max(0, number - 4)...number].filter { $0.contains("//") }.joined(separator: " ").lowercased()
        let protectors = ["lock", "mutex", "queue", "thread", "unchecked:"]
        #expect(
          protectors.contains { around.contains($0) },
          "\(file):\(number + 1): @unchecked Sendable carries a comment naming the lock or queue that protects it")
      }
    }
  }

  @Test func `work left over is an issue, not a remark`() throws {
    for file in everything {
      for (number, line) in try Repository.lines(file).enumerated() {
        for word in ["TO" + "DO", "FIX" + "ME"] where line.contains(word) {
          Issue.record("\(file):\(number + 1): \(word)")
        }
      }
    }
  }

  @Test func `no test is an exit test`() throws {
    // Swift Testing 6.3 asks the kernel for any child that has ended, and sees no further than one that another test has
    // not buried yet: the run spins and never ends. A process of the tests' own (Tests/StoreProcess) does not mind.
    for file in Repository.files(in: "Tests", suffixes: [".swift"]) {
      let text = try Repository.text(file)
      #expect(!text.contains("processExits" + "With:"), "\(file)")
    }
  }

  @Test func `tests do not hope that a while is long enough`() throws {
    for file in Repository.files(in: "Tests", suffixes: [".swift"]) {
      let lines = try Repository.lines(file)
      for (number, line) in lines.enumerated() where !isComment(line) {
        // Asking again and again until a thing has happened is waiting for the thing; anything else says why.
        if line.contains("while ") || (number > 0 && isComment(lines[number - 1])) { continue }
        for call in ["us" + "leep(", "nano" + "sleep(", " sl" + "eep(", "Task.sl" + "eep"] where line.contains(call) {
          Issue.record("\(file):\(number + 1) sleeps; pass a clock, or wait for the thing itself")
        }
      }
    }
  }
}
