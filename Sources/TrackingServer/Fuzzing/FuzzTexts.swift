internal import Tracking

/// Filters, orders, page tokens and paths by their grammars, and some way off them.
struct FuzzTexts {
  /// Names and texts that occur in the store, and that are odd.
  static let names = [
    "m", "loss", "p", "lr", "t", "team", "mlflow.runName", "mlflow.parentRunId", "mlflow.user", "none", "", "a b",
    "a.b",
    "größe", "_", "%", "\\", "'", "`", "\"", "x'y", "$1", "?1", "--", "metrics.m", "0", "\u{0}", "e\u{301}",
  ]
  private static let attributes = [
    "run_id", "run_name", "Run name", "status", "artifact_uri", "user_id", "experiment_id", "lifecycle_stage",
    "start_time",
    "end_time", "created", "Created", "start", "name", "creation_time", "last_update_time", "creation_timestamp",
    "last_updated_timestamp", "last_updated_time", "model_id", "model_type", "source_run_id", "version_number",
    "source_path",
    "name.x", "digest", "context", "version",
  ]
  private static let entities = [
    "metrics", "metric", "params", "param", "parameter", "tags", "tag", "attributes", "attribute", "attr", "run",
    "dataset",
    "datasets", "foo", "", "metrics.metrics",
  ]
  private static let comparators = [
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL", "==", "<>", "like",
    "in", "is null",
    "BETWEEN", "NOT", "=~", "!", "<<", "",
  ]
  private static let numbers = [
    "0", "1", "-1", "0.5", "1e0", "-1e-3", "1e999", "-1e999", "9223372036854775807", "9223372036854775808", "1.", ".5",
    "+1", "0x10",
    "NaN", "Infinity", "١", "½", "1_000", "--1", "1e", "1700000000000",
  ]

  static func key(_ random: inout FuzzRandom) -> String {
    if random.chance(30) { return random.pick(attributes) }
    let name = random.chance(30) ? random.pick(attributes) : random.pick(names)
    let quote = random.pick(["", "", "`", "\"", "`", "'"])
    return random.pick(entities) + (random.chance(95) ? "." : "") + quote + name + quote
  }

  private static func operand(_ random: inout FuzzRandom) -> String {
    switch random.below(10) {
    case 0...2: random.pick(numbers)
    case 3...6: "'\(random.pick(names))'"
    case 7: "\"\(random.pick(names))\""
    case 8:
      "("
        + (0..<random.below(4)).map { _ in "'\(random.pick(names))'" }.joined(separator: random.pick([",", ", ", ""]))
        + ")"
    default: random.pick(["", "(", ")", "((", "'", "abc", "`x`", "('a'", "(1, 2)", "('%' , '_')"])
    }
  }

  static func filter(_ random: inout FuzzRandom) -> String {
    var text = (0..<(1 + random.below(3))).map { _ in
      let space = random.pick([" ", " ", "", "  ", "\n", "\u{A0}"])
      return key(&random) + space + random.pick(comparators) + space + operand(&random)
    }.joined(separator: random.pick([" AND ", " and ", " AND ", " OR ", " ", ";", " AND AND "]))
    switch random.below(100) {
    case 0: text = String(repeating: text + " AND ", count: 50) + text
    case 1: text = String(repeating: "(", count: 2_000) + text
    case 2: text = String(repeating: "%", count: 200) + text
    case 3: text = "tags.t LIKE '" + String(repeating: "%a", count: random.pick([2_000, 30_000])) + "'"
    case 4: text = Array(repeating: "tags.t != 'a'", count: random.pick([400, 1_200])).joined(separator: " AND ")
    case 5: text = "run_id IN (" + Array(repeating: "'a'", count: 20_000).joined(separator: ",") + ")"
    default: break
    }
    return text
  }

  /// One that some search takes.
  static func plainFilter(_ random: inout FuzzRandom) -> String {
    random.pick([
      "name = 'net'", "name LIKE 'n%'", "tags.t = 'v'", "tags.t1 != 'x'", "", "metrics.m > 0.5", "params.p = '1'",
      "metrics.`m` <= 3 AND tags.t LIKE '%'", "attributes.status = 'RUNNING'", "run_id IN ('a', 'b')",
      "tags.none IS NULL",
      "name ILIKE 'N_T' AND tags.t = 'v'", "start_time > 5", "dataset.name = 'd'", "version_number = 1",
      "creation_timestamp >= 0",
    ])
  }

  static func order(_ random: inout FuzzRandom) -> String {
    key(&random) + random.pick(["", " ASC", " DESC", " asc", " desc", " down", "  DESC ", " ASC DESC", ","])
  }

  static func token(_ random: inout FuzzRandom, _ real: [String]) -> String {
    if random.chance(40), !real.isEmpty { return random.pick(real) }
    let offset = random.pick(numbers)
    let text = random.pick([
      "{\"offset\": \(offset)}", "{\"offset\": \"\(offset)\"}", "{}", "[]", "null", "{\"offset\": {}}", "\u{0}",
      "{\"offset\": 1, \"x\": \(offset)}", "", "abc",
    ])
    return random.chance(85) ? ByteText.encode(Array(text.utf8)) : text
  }

  private static let segments = [
    "f", "d", "a b", "größe", "..", ".", "", "%2e%2e", "%2E%2e%2F", "..%2f", "%252e%252e", "a%00", "%00", "..%5c", "C:",
    "c:%5c",
    "a#b", "a?b", "a%3fb", "a;b", "~", "file:", "%EF%BC%8E%EF%BC%8E", "%E2%80%A5", "%c0%ae", "%", "%2", "%zz", "x%0a",
    "%7f", "models",
    "artifacts", "model", "MLmodel", "con", "-", "a:b", "\\", "%F0%9F%91%A9",
  ]

  /// The rest of an address of an artifact: below a run or a model, mostly.
  static func path(_ random: inout FuzzRandom, runs: [String], models: [String]) -> String {
    var parts: [String] = []
    switch random.below(10) {
    case 0...5: parts = [random.pick(["0", "1", "0", "9"]), random.pick(runs), "artifacts"]
    case 6...7: parts = [random.pick(["0", "1"]), "models", random.pick(models), "artifacts"]
    default: break
    }
    parts += (0..<random.below(4)).map { _ in random.pick(segments) }
    if random.chance(1) { parts += Array(repeating: "a", count: 3_000) }
    return parts.joined(separator: random.chance(95) ? "/" : "//")
  }

  /// Encodes what may not stand in an address, or (now and then) leaves it.
  static func encoded(_ text: String, _ random: inout FuzzRandom) -> String {
    if random.chance(5) { return text }
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
      if isPlain { out.append(byte) } else { out += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
