import Testing
import Tracking

struct ConstraintTests {
  private func holds(_ text: String, _ values: [String: Value]) throws -> Bool {
    let constraint = try Constraint(text)
    return constraint.holds { values[constraint.names[$0]] }
  }

  static let cases: [(String, Bool)] = [
    ("a < b", true), ("b < a", false), ("a <= 1", true), ("a >= 1.5", false), ("a == 1", true), ("a = 1.0", true),
    ("a != 1", false), ("a <> b", true), ("a + 1 == b", true), ("b - a - 1 == 0", true), ("2 * b + 1 > 4", true),
    ("a + b * 3 == 7", true), ("(a + b) * 3 == 9", true), ("b / 4 == 0.5", true), ("-a < 0", true), ("- -a == 1", true),
    ("0 < a < b <= 2", true), ("0 < b < a", false), ("a < b and b < 3", true), ("a > b or b > 1", true),
    ("not a > b", true), ("not (a < b and b < 3)", false), ("a > b or a > b and b > 0", false),
    ("kind == 'sgd'", true), ("kind != \"sgd\"", false), ("kind == 'adam' or a < 2", true), ("kind == a", false),
    ("flag", true), ("not flag", false), ("flag and a < b", true), ("flag == true", true), ("flag == false", false),
    ("net.width <= 1e2 * b", true), ("1e-3 < a", true), ("a / 0 > 1", true), ("(a - 1) / 0 > 1", false),
    ("a < missing", true), ("b < a and missing > 0", true),
  ]

  @Test(arguments: cases)
  func `a constraint means what it says`(_ text: String, _ expected: Bool) throws {
    let values: [String: Value] = ["a": 1, "b": 2.0, "kind": "sgd", "flag": true, "net.width": 128]
    #expect(try holds(text, values) == expected)
  }

  static let faults: [(String, String)] = [
    ("", "is empty"), ("a <", "ends where a name or a number should stand"), ("a b", "goes on with 'b'"),
    ("(a < b", "lacks a ')' before the end"), ("a + 1", "uses a number as a condition"), ("'x'", "as a condition"),
    ("a < 'x'", "uses \"x\" as a number"), ("(a < b) + 1 > 0", "uses a comparison as a number"),
    ("a < b and 3", "uses 3.0 as a condition"), ("a ! b", "has '!', which has no meaning here"),
    ("a == 'x", "opens a quote"), ("1x < a", "has '1x', which is no number"), ("a & b", "has '&'"),
    ("a < b or", "ends where"), ("and < b", "has 'and' where"), ("a < b)", "goes on with ')'"),
  ]

  @Test(arguments: faults)
  func `a constraint that cannot be read says why`(_ text: String, _ words: String) {
    let error = #expect(throws: TrackingError.self) { try Constraint(text) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("(character ") == true)
  }

  @Test func `deep nesting is refused, not followed`() {
    let deep = String(repeating: "(", count: 100_000) + "a < 1" + String(repeating: ")", count: 100_000)
    #expect(throws: TrackingError.self) { try Constraint(deep) }
    #expect(throws: TrackingError.self) { try Constraint(String(repeating: "not ", count: 100_000) + "a < 1") }
    #expect(throws: TrackingError.self) { try Constraint(String(repeating: "-", count: 100_000) + "a < 1") }
  }

  @Test func `a constraint tells its names, and which are numbers`() throws {
    let constraint = try Constraint("b < a * 2 and kind == 'x' and b != c.d")
    #expect(constraint.names == ["b", "a", "kind", "c.d"])
    #expect(constraint.numericNames == ["a", "b"])
    #expect(try Constraint("a < b") == Constraint("a < b"))
  }
}
