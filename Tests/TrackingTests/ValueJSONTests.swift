import Testing
import Tracking

struct ValueJSONTests {
  static let canonical: [(String, Value)] = [
    ("null", Value.null), ("true", .boolean(true)), ("false", .boolean(false)), ("0", .integer(0)),
    ("-7", .integer(-7)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("1.0", .real(1)), ("-0.0", .real(-0.0)), ("0.1", .real(0.1)), ("1e-05", .real(1e-5)), ("1e+16", .real(1e16)),
    ("5e-324", .real(.leastNonzeroMagnitude)), ("1.7976931348623157e+308", .real(.greatestFiniteMagnitude)),
    ("\"\"", .text("")), ("\"a b\"", .text("a b")), ("\"\u{E9}\u{1F600}\"", .text("\u{E9}\u{1F600}")),
    ("[]", .list([])), ("{}", .object([:])), ("[1,[2.5,\"x\"],null]", [1, [2.5, "x"], .null]),
    ("{\"a\":1,\"b\":{\"c\":[true]}}", ["a": 1, "b": ["c": [true]]]),
  ]

  @Test(arguments: canonical)
  func `a canonical text reads back as the value that wrote it`(_ text: String, _ value: Value) throws {
    #expect(value.json == text)
    #expect(try Value(json: text) == value)
  }

  @Test func `the sign of zero and every digit survive`() throws {
    #expect(try Value(json: Value.real(-0.0).json).number?.sign == .minus)
    var state: UInt64 = 1
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let number = Double(bitPattern: state)
      guard number.isFinite else { continue }
      #expect(try Value(json: Value.real(number).json).number?.bitPattern == number.bitPattern)
    }
  }

  @Test func `what JSON has no number for becomes a word`() throws {
    #expect(Value.real(.nan).json == "\"NaN\"")
    #expect(Value.real(.infinity).json == "\"Infinity\"")
    #expect(Value.real(-.infinity).json == "\"-Infinity\"")
    #expect(try Value(json: "\"NaN\"") == .text("NaN"), "as text it stays text")
  }

  @Test func `whole and real numbers stay apart`() throws {
    #expect(try Value(json: "1") == .integer(1))
    #expect(try Value(json: "1.0") == .real(1))
    #expect(try Value(json: "1e0") == .real(1))
    #expect(try Value(json: "1E+2") == .real(100))
    #expect(try Value(json: "9223372036854775808") == .real(0x1p63), "too large to be whole")
    #expect(try Value(json: "-0") == .integer(0))
  }

  @Test func `equal objects have equal texts, names sorted by bytes`() {
    let value: Value = ["b": 1, "a": 2, "B": 3, "\u{E9}": 4, "aa": 5]
    #expect(value.json == "{\"B\":3,\"a\":2,\"aa\":5,\"b\":1,\"\u{E9}\":4}")
    #expect(
      [Parameter("x", 1), Parameter("a", "t")].fingerprint == [Parameter("a", "t"), Parameter("x", 1)].fingerprint)
  }

  @Test func `controls, quotes and backslashes are escaped, everything else stands as it is`() throws {
    let text = "\"\\\n\r\t\u{8}\u{C}\u{1}\u{1F}/\u{7F}\u{2028}"
    let json = Value.text(text).json
    #expect(json == "\"\\\"\\\\\\n\\r\\t\\u0008\\u000c\\u0001\\u001f/\u{7F}\u{2028}\"")
    #expect(try Value(json: json) == .text(text))
    #expect(try Value(json: #""\u0041\/\b\f\u00e9\uD83D\uDE00""#) == .text("A/\u{8}\u{C}\u{E9}\u{1F600}"))
  }

  @Test func `the text on several lines reads back the same`() throws {
    let value: Value = ["name": "x", "list": [1, 2.5], "none": [], "empty": [:], "in": ["deep": ["er": .null]]]
    #expect(try Value(json: value.prettyJSON) == value)
    #expect(
      value.prettyJSON
        == """
        {
          "empty": {},
          "in": {
            "deep": {
              "er": null
            }
          },
          "list": [
            1,
            2.5
          ],
          "name": "x",
          "none": []
        }
        """)
  }

  static let refused: [(String, Int)] = [
    ("", 0), ("  ", 2), ("nul", 0), ("True", 0), ("1 2", 2), ("01", 2), ("-", 1), ("+1", 0), (".5", 0), ("1.", 2),
    ("1e", 2), ("1e+", 3), ("1e999", 5), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("0x10", 1), ("[1,]", 3),
    ("[1 2]", 3), ("[1", 2), ("{\"a\" 1}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\":1 \"b\":2}", 7),
    ("{\"a\":1,\"a\":2}", 12), ("\"abc", 4), ("\"a\nb\"", 2), ("\"\\x\"", 3), ("\"\\u12\"", 3), ("\"\\u+123\"", 3),
    ("\"\\ud800\"", 7), ("\"\\udc00\"", 7), ("\"\\ud800\\u0041\"", 13), ("'a'", 0), ("[1]]", 3), ("\"\\", 2),
    ("// no\n1", 0), ("\u{FEFF}1", 0),
  ]

  @Test(arguments: refused)
  func `what is no JSON is refused with its place`(_ text: String, _ offset: Int) {
    let error = #expect(throws: JSONError.self) { try Value(json: text) }
    #expect(error?.offset == offset, "\(error?.description ?? "")")
    #expect(error?.message.isEmpty == false)
  }

  @Test func `nesting is read to 200 and refused beyond`() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    _ = try Value(json: nested(200))
    #expect(throws: JSONError.self) { try Value(json: nested(202)) }
    #expect(throws: JSONError.self) { try Value(json: String(repeating: "[", count: 1_000_000)) }
  }

  @Test func `a value is asked for what it is`() {
    #expect(Value.integer(3).number == 3)
    #expect(Value.real(3).integer == 3)
    #expect(Value.real(3.5).integer == nil)
    #expect(Value.real(1e300).integer == nil)
    #expect(Value.real(.nan).integer == nil)
    #expect(Value.text("3").number == nil)
    #expect((["a": [1]] as Value)["a"]?.list == [1])
    #expect((["a"] as Value)["a"] == nil)
    #expect(Value.text("bare").plain == "bare")
    #expect(Value.list([1, "x"]).plain == "[1,\"x\"]")
    #expect(Value.integer(1).matches(1.0))
    #expect(!Value.integer(1).matches("1"))
    #expect(Value.text("a").matches("a"))
  }
}
