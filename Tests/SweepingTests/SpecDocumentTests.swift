import Foundation
import Testing
import Tracking

@testable import Sweeping

/// What `schema/sweep.schema.json` and `docs/spec.md` say, beside what the reader takes.
@Suite struct SpecDocumentTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  let schema: Value
  let page: String

  init() throws {
    schema = try Value(json: SpecDocumentTests.text("schema/sweep.schema.json"))
    page = try SpecDocumentTests.text("docs/spec.md")
  }

  func properties(_ section: Value?) throws -> Set<String> {
    let section = try #require(section)
    #expect(section["additionalProperties"] == .boolean(false))
    return Set(try #require(section["properties"]?.object).keys)
  }

  @Test func `the schema has the names that the reader knows, and no others`() throws {
    let sections = try #require(schema["$defs"])
    #expect(try properties(schema) == Set(SpecKeys.top + SpecKeys.topIgnored))
    #expect(try properties(sections["trial"]) == Set(SpecKeys.trial + SpecKeys.trialIgnored))
    #expect(try properties(sections["limits"]) == Set(SpecKeys.limits))
    #expect(try properties(sections["objective"]) == Set(SpecKeys.objective))
    #expect(try properties(sections["metric"]) == Set(SpecKeys.metric))
    #expect(try properties(sections["selection"]?["anyOf"]?.list?.last) == Set(SpecKeys.selection))
    #expect(try properties(sections["constraint"]?["anyOf"]?.list?.last) == Set(SpecKeys.constraint))
    #expect(try properties(sections["resource"]) == Set(SpecKeys.resource))
    #expect(try properties(sections["completion"]) == Set(SpecKeys.completion))
    #expect(try properties(sections["warm_start"]) == Set(SpecKeys.warmStart))
    #expect(try properties(sections["input"]?["anyOf"]?.list?.last) == Set(SpecKeys.input))
    #expect(try properties(sections["output"]) == Set(SpecKeys.output + SpecKeys.outputIgnored))
    let grids = try #require(sections["grid"]?["oneOf"]?.list).filter { $0["type"] == "object" }
    #expect(Set(try grids.flatMap { try properties($0) }) == Set(SpecKeys.grid))
    let types = try #require(sections["parameter"]?["allOf"]?.list)
      .compactMap { $0["then"]?["$ref"]?.text?.split(separator: "/").last }
    #expect(Set(types.map(String.init)) == Set(SpecKeys.types.keys))
    for (type, names) in SpecKeys.types {
      let optional = SpecKeys.optional[type] ?? []
      #expect(try properties(sections[type]) == Set(SpecKeys.parameter + names + optional), "\(type)")
    }
  }

  @Test func `the schema has the options that each policy takes`() throws {
    let sections = try #require(schema["$defs"])
    for (name, policy) in testPlugins().policies {
      #expect(try properties(sections[name]) == Set(policy.description.options.map(\.name) + ["type"]), "\(name)")
      let page = try SpecDocumentTests.text("docs/policies/\(name).md")
      for option in policy.description.options { #expect(page.contains("`\(option.name)`"), "\(name): \(option.name)") }
    }
  }

  @Test func `the page explains every name that the reader knows`() {
    let sections = [
      SpecKeys.top, SpecKeys.topIgnored, SpecKeys.trial, SpecKeys.trialIgnored, SpecKeys.limits, SpecKeys.objective,
      SpecKeys.selection, SpecKeys.constraint, SpecKeys.resource, SpecKeys.completion, SpecKeys.warmStart,
      SpecKeys.metric, SpecKeys.input, SpecKeys.output, SpecKeys.outputIgnored, SpecKeys.grid, SpecKeys.parameter,
      Array(SpecKeys.types.keys), SpecKeys.types.values.flatMap { $0 }, SpecKeys.optional.values.flatMap { $0 },
      SpecKeys.prior, SpecKeys.bounds, SpecKeys.ranges, SpecKeys.rangeLists, SpecKeys.range,
      Scale.allCases.map(\.rawValue),
      Goal.allCases.map(\.rawValue),
    ]
    for name in Set(sections.joined()).sorted() where !page.contains("`\(name)`") && !page.contains("`\(name):") {
      Issue.record("docs/spec.md does not explain `\(name)`")
    }
  }

  @Test func `the page lists every variable that a trial finds`() {
    let variables = [
      TrialEnvironment.store, TrialEnvironment.run, TrialEnvironment.sweep, TrialEnvironment.trial,
      TrialEnvironment.attempt, TrialEnvironment.seed, TrialEnvironment.job, TrialEnvironment.jobDirectory,
      TrialEnvironment.outputDirectory, TrialEnvironment.checkpointDirectory,
      TrialEnvironment.log, TrialEnvironment.azureRun, TrialEnvironment.experimentName,
      TrialEnvironment.parameterPrefix + "<NAME>", TrialEnvironment.azureParameterPrefix + "<name>",
      TrialEnvironment.inputPrefix + "<NAME>", TrialEnvironment.azurePrefix + "<name>",
    ]
    for name in variables where !page.contains("`\(name)`") { Issue.record("docs/spec.md does not list `\(name)`") }
  }

  @Test(arguments: [
    "examples/echo.yaml", "examples/azure-hello-sweep.yaml", "examples/azure-nested.yaml", "examples/python/sweep.yaml",
  ])
  func `an example is sound`(_ path: String) throws {
    let checked = SweepFile.check(
      text: try SpecDocumentTests.text(path), path: SpecDocumentTests.root.appending(path: path).path,
      plugins: testPlugins())
    #expect(checked.isSound, "\(checked.findings)")
  }

  /// The fenced blocks of the page that hold YAML: whole specs, and pieces of one.
  func snippets() -> [String] {
    var found: [String] = []
    var isOpen = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isOpen = line == "```yaml"
        if isOpen { found.append("") }
      } else if isOpen {
        found[found.count - 1] += line + "\n"
      }
    }
    return found
  }

  @Test func `the specs on the page are sound`() throws {
    let snippets = snippets()
    #expect(snippets.count >= 3)
    for snippet in snippets {
      // What a piece leaves out is as dull as can be.
      let rest = [
        ("trial", "{command: 'true'}"), ("search_space", "{unused: {type: uniform, min_value: 0, max_value: 1}}"),
        ("objective", "{primary_metric: m, goal: minimize}"), ("limits", "{max_total_trials: 5}"),
      ].filter { name, _ in
        !snippet.split(separator: "\n").contains { $0.hasPrefix("\(name):") || $0.hasPrefix("\(name)s:") }
      }
      let whole = snippet + rest.map { "\($0.0): \($0.1)\n" }.joined()
      let checked = SweepFile.check(
        text: whole, path: SpecDocumentTests.root.appending(path: "examples/page.yaml").path, plugins: testPlugins())
      #expect(checked.isSound, "\(snippet)\n\(checked.findings)")
    }
  }

  /// The sentences that the page quotes of the reader: lines of a fenced block, `FRAGMENT -> SENTENCE`.
  @Test func `what the page says is refused is refused in these words`() throws {
    var isOpen = false
    var count = 0
    var faulty = ""
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isOpen = line == "```text refused"
      } else if isOpen, line.hasPrefix("  ") {
        let told = SweepFile.check(text: faulty, path: "/nowhere/spec.yaml", plugins: testPlugins()).findings
        let sentence = String(line.dropFirst(2))
        #expect(told.contains { $0.message.contains(sentence) }, "\(faulty)\n\(sentence)\n\(told)")
        count += 1
      } else if isOpen {
        faulty = SpecDocumentTests.spec(String(line))
      }
    }
    #expect(count >= 10)
  }

  // A spec with one of its lines replaced, or a parameter of it.
  static func spec(_ line: String) -> String {
    let sound = [
      ("trial", "trial: {command: 'echo ${{search_space.x}}'}"),
      ("search_space", "search_space: {x: {type: uniform, min_value: 0, max_value: 1}}"),
      ("objective", "objective: {primary_metric: loss, goal: minimize}"), ("limits", "limits: {max_total_trials: 5}"),
    ]
    if line.hasPrefix("x: ") {
      return spec("search_space: {\(line)}")
    }
    let lines = sound.map { name, text in line.hasPrefix("\(name):") ? line : text }
    return (lines.contains(line) ? lines : lines + [line]).joined(separator: "\n")
  }
}
