import Foundation
import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

@Suite struct CommandTemplateTests {
  /// Fills a command and lets a real shell read it; returns the arguments that the program saw.
  func arguments(_ command: String, _ values: [String: String]) throws -> [String] {
    let template = CommandTemplate(command)
    #expect(template.problems == [])
    let text = template.filled(isShell: true) { values[$0.name] }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", #"show() { for a in "$@"; do printf '[%s]\n' "$a"; done; }; "# + "\n" + text]
    process.environment = Dictionary(
      values.map { ("RUNS_PARAM_" + $0.key.uppercased(), $0.value) }, uniquingKeysWith: { $1 })
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return output.split(separator: "]\n").map { String($0.dropFirst()) }
  }

  static let evil = [
    "plain", "two words", "it's", "\"", "'", "`touch broken`", "$(touch broken)", "a;touch broken", "a\nb", "*", "~",
    "\\",
    "", "-n", "a&b", "#x", "${HOME}", "é ü", "'; touch broken; '", "\"; touch broken; \"",
  ]

  static let places: [(command: String, before: String, after: String)] = [
    ("show ${{search_space.x}}", "", ""),
    ("show --x=${{ search_space.x }}", "--x=", ""),
    ("show \"a ${{search_space.x}} b\"", "a ", " b"),
    ("show 'a ${{search_space.x}} b'", "a ", " b"),
    ("show \"$(printf %s. \"${{search_space.x}}\")\"", "", "."),
    ("show \"$(printf %s. '${{search_space.x}}')\"", "", "."),
    ("show \\\"${{search_space.x}}\\\"", "\"", "\""),
    ("# it's a comment\nshow ${{search_space.x}}", "", ""),
    ("show $[[ ${{search_space.x}} ]]", "", ""),
  ]

  @Test(arguments: evil, places)
  func `a value arrives as it is, wherever it stands`(
    value: String, place: (command: String, before: String, after: String)
  ) throws {
    #expect(try arguments(place.command, ["x": value]) == [place.before + value + place.after])
  }

  @Test func `a plain value stands in the command as it is`() {
    let template = CommandTemplate("run --rate ${{search_space.rate}} --data ${{inputs.data}}")
    let text = template.filled(isShell: true) { $0.kind == .inputs ? "/data/a b.csv" : "1e-06" }
    #expect(text == "run --rate 1e-06 --data \"${RUNS_INPUT_DATA}\"")
  }

  @Test func `an optional part is left out when one of its parameters is not active`() {
    let template = CommandTemplate("run $[[--m ${{search_space.m}}]] $[[--n ${{search_space.n}} ]]end")
    let text = template.filled(isShell: true) { $0.name == "n" ? "2" : nil }
    #expect(text == "run  --n 2 end")
    #expect(template.references.map(\.isOptional) == [true, true])
  }

  @Test func `shell syntax that looks alike is left alone`() {
    for text in ["echo ${HOME} {a,b} $((1 + 2)) [[ x ]] ]] $[ 1 ]", "awk '{print $1}'", "echo '${' \"}}\""] {
      let template = CommandTemplate(text)
      #expect(template.problems == [])
      #expect(template.filled(isShell: true) { _ in nil } == text)
    }
  }

  @Test func `multiples of a whole q are written without a fraction`() {
    #expect(Domain.quniform(min: 0, max: 64, q: 16).text(of: 32.0) == "32")
    #expect(Domain.quniform(min: 0, max: 1, q: 0.5).text(of: 1.0) == "1.0")
    #expect(Domain.continuous(min: 0, max: 1, scale: .linear).text(of: 1.0) == "1.0")
  }
}
