import Testing

@testable import Provenance

@Suite struct IgnoreRulesTests {
  static let cases: [(rules: String, path: String, isDirectory: Bool, isLeftOut: Bool)] = [
    ("*.csv", "a/b.csv", false, true), ("*.csv", "a/b.csvx", false, false), ("/a.txt", "a.txt", false, true),
    ("/a.txt", "b/a.txt", false, false), ("data/", "data", true, true), ("data/", "data", false, false),
    ("data/", "x/data", true, true), ("a/*.py", "a/b.py", false, true), ("a/*.py", "x/a/b.py", false, false),
    ("**/cache", "x/y/cache", true, true), ("a/**/b", "a/b", false, true), ("a/**/b", "a/x/y/b", false, true),
    ("a/**", "a", true, false), ("a/**", "a/x", false, true), ("*.log\n!keep.log", "keep.log", false, false),
    ("!keep.log\n*.log", "keep.log", false, true), ("# no\n\n  \n", "no", false, false), ("\\#a", "#a", false, true),
    ("[ab]?.t", "ax.t", false, true), ("[!ab]?.t", "ax.t", false, false), ("[a-c].t", "b.t", false, true),
    ("x[.t", "x[.t", false, true), ("*", "any", false, true),
  ]

  @Test(arguments: cases)
  func `a rule leaves out what it names`(_ rules: String, _ path: String, _ isDirectory: Bool, _ isLeftOut: Bool) {
    #expect(IgnoreRules(rules).leavesOut(path, isDirectory: isDirectory) == isLeftOut, "\(rules) \(path)")
  }
}
