import ArgumentParser
import Glibc
import Testing

@testable import runs

/// Every command with the words that lead to it: `sweep start`.
private func everyCommand(
  below command: any ParsableCommand.Type = Runs.self, path: [String] = ["runs"]
) -> [(path: [String], type: any ParsableCommand.Type)] {
  let configuration = command.configuration
  let subcommands = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
  return [(path, command)]
    + subcommands.filter { $0.configuration.shouldDisplay }.flatMap {
      everyCommand(below: $0, path: path + [$0._commandName])
    }
}

@Suite struct HelpTests {
  @Test func `every command's help is as the golden files have it`() throws {
    var differing: [String] = []
    for (path, type) in everyCommand() {
      let file = goldenFolder + "/" + path.joined(separator: "-") + ".txt"
      let text = Runs.helpMessage(for: type, columns: 80) + "\n"
      if environment("RECORD") == "1" { try writeText(text, to: file) }
      if try readText(file) != text || environment("RECORD") == "1" { differing.append(file) }
    }
    #expect(differing.isEmpty, "look at the help, then record it with RECORD=1 and run the test again")
  }

  @Test func `every golden file is of a command`() throws {
    let known = Set(everyCommand().map { $0.path.joined(separator: "-") + ".txt" })
    #expect(Set(try names(in: goldenFolder)).subtracting(known).isEmpty)
  }

  @Test func `every command explains itself with an example`() {
    for (path, type) in everyCommand() {
      let text = Runs.helpMessage(for: type, columns: 80)
      #expect(text.contains("Examples:\n  " + path[0]), "\(path.joined(separator: " "))")
      #expect(type.configuration.abstract.hasSuffix(".") || type.configuration.abstract.hasSuffix("?"))
    }
  }

  @Test func `every command and option has its place in the manual`() throws {
    let manual = try #require(try readText(projectFolder + "/docs/cli.md"))
    for (path, type) in everyCommand() {
      #expect(manual.contains("`" + path.joined(separator: " ")), "\(path.joined(separator: " "))")
      for word in Runs.helpMessage(for: type, columns: 200).split(whereSeparator: { " ,\n/|[]()<>`".contains($0) })
      where word.hasPrefix("--") && word.count > 2 && word.dropFirst(2).first?.isLetter == true {
        let option = word.split(separator: "=")[0].trimmingSuffix { !$0.isLetter }
        #expect(manual.contains(option), "\(option) of \(path.joined(separator: " "))")
      }
    }
  }

  @Test func `every exit code has its place in the manual`() throws {
    let manual = try #require(try readText(projectFolder + "/docs/cli.md"))
    for exit in Exit.allCases { #expect(manual.contains("| \(exit.rawValue) | \(exit.meaning) |")) }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, matches(last) { rest.removeLast() }
    return rest
  }
}
