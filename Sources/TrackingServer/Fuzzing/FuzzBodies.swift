/// Bodies of requests: for each route the fields that it knows, mostly with values that make sense.
struct FuzzBodies {
  /// Ids that were found in answers, by what they are of.
  struct Known {
    var runs = ["none"]
    var models = ["m-none"]
    var experiments = ["0"]
    var loggers = ["none"]
    var tokens: [String] = []
    /// Where artifacts go: the paths of runs and logged models.
    var roots = ["0/none/artifacts"]
    /// The number of the current request, for new names.
    var number = 0
    /// How many values in a hundred are odd.
    var oddness = 12
  }

  /// The fields of routes, by the end of their path.
  private static let fields: [(path: String, names: [String])] = [
    ("runs/create", ["experiment_id", "user_id", "run_name", "start_time", "tags"]),
    ("runs/update", ["run_id", "run_uuid", "status", "end_time", "run_name"]),
    ("runs/search", ["experiment_ids", "filter", "run_view_type", "max_results", "order_by", "page_token"]),
    ("runs/delete", ["run_id"]), ("runs/restore", ["run_id"]), ("runs/get", ["run_id", "run_uuid"]),
    ("runs/log-metric", ["run_id", "key", "value", "timestamp", "step", "model_id", "dataset_name", "dataset_digest"]),
    ("runs/log-parameter", ["run_id", "key", "value"]), ("runs/set-tag", ["run_id", "key", "value"]),
    ("runs/delete-tag", ["run_id", "key"]), ("runs/log-batch", ["run_id", "metrics", "params", "tags"]),
    ("runs/log-inputs", ["run_id", "datasets", "models"]), ("runs/outputs", ["run_id", "models"]),
    ("runs/log-model", ["run_id", "model_json"]),
    ("experiments/create", ["name", "artifact_location", "tags"]), ("experiments/get", ["experiment_id"]),
    ("experiments/get-by-name", ["experiment_name"]), ("experiments/update", ["experiment_id", "new_name"]),
    ("experiments/delete", ["experiment_id"]), ("experiments/restore", ["experiment_id"]),
    ("experiments/set-experiment-tag", ["experiment_id", "key", "value"]),
    ("experiments/delete-experiment-tag", ["experiment_id", "key"]),
    ("experiments/search", ["filter", "order_by", "max_results", "page_token", "view_type"]),
    ("metrics/get-history", ["run_id", "metric_key", "max_results", "page_token"]),
    ("metrics/get-history-bulk", ["run_id", "metric_key", "max_results"]),
    ("metrics/get-history-bulk-interval", ["run_ids", "metric_key", "start_step", "end_step", "max_results"]),
    ("logged-models", ["experiment_id", "name", "model_type", "source_run_id", "params", "tags"]),
    (
      "logged-models/search", ["experiment_ids", "filter", "datasets", "order_by_objects", "max_results", "page_token"]
    ),
    ("logged-models/{id}", ["model_id", "status"]), ("logged-models/{id}/params", ["model_id", "params"]),
    ("logged-models/{id}/tags", ["model_id", "tags"]),
    ("registered-models/create", ["name", "tags", "description"]), ("registered-models/get", ["name"]),
    ("registered-models/search", ["filter", "order_by", "max_results", "page_token"]),
    ("registered-models/update", ["name", "description"]), ("registered-models/rename", ["name", "new_name"]),
    ("registered-models/delete", ["name"]), ("registered-models/set-tag", ["name", "key", "value"]),
    ("registered-models/delete-tag", ["name", "key"]), ("registered-models/alias", ["name", "alias", "version"]),
    ("registered-models/get-latest-versions", ["name", "stages"]),
    ("model-versions/create", ["name", "source", "run_id", "tags", "description", "model_id", "run_link"]),
    ("model-versions/get", ["name", "version"]),
    ("model-versions/search", ["filter", "order_by", "max_results", "page_token"]),
    ("model-versions/get-download-uri", ["name", "version"]),
    ("model-versions/update", ["name", "version", "description"]), ("model-versions/delete", ["name", "version"]),
    ("model-versions/set-tag", ["name", "version", "key", "value"]),
    ("model-versions/delete-tag", ["name", "version", "key"]),
    ("model-versions/transition-stage", ["name", "version", "stage", "archive_existing_versions"]),
    ("artifacts/list", ["run_id", "path", "page_token"]), ("get-artifact", ["run_id", "path"]),
    ("mlflow-artifacts/artifacts", ["path"]), ("artifacts/directories", ["artifact_directory_path"]),
    ("artifacts/files", ["artifact_file_path"]),
    ("v1/run", ["run"]), ("v1/run-id", ["prefix", "text"]), ("v1/runs", ["query"]), ("v1/sweep", ["run"]),
    ("v1/summaries", ["run", "metric"]), ("v1/logged-model", ["id", "model_id"]),
    ("v1/model-files", ["model_id", "id"]),
    ("v1/points", ["run", "metric", "from", "to", "attempt"]),
    ("v1/commit", ["changes"]), ("v1/write", ["batches"]), ("v1/append", ["run", "series"]),
    ("v1/open-logger", ["run"]),
    ("v1/log", ["logger", "points"]), ("v1/flush-logger", ["logger"]), ("v1/close-logger", ["logger"]),
    ("v1/trials", ["run", "as_of"]), ("v1/logged-models", ["experiments", "run"]), ("v1/experiment", ["name", "id"]),
  ]

  /// What may stand anywhere.
  private static let odd = [
    "null", "true", "false", "0", "-1", "1.5", "1e400", "-1e400", "1e-400", "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "1e18", "1.0", "\"\"", "\"NaN\"", "\"Infinity\"", "\"-Infinity\"",
    "NaN", "Infinity",
    "-Infinity", "\"1\"", "\"-1\"", "\"1.5\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\\\\"",
    "\"a\\u0301\"",
    "\"../../etc/passwd\"", "\"' OR 1=1 --\"", "[]", "{}", "[[]]", "[null]", "[{}]", "[1,\"a\",null]", "{\"a\":{}}",
    "{\"$bits\":\"zz\"}",
    "\"\u{202E}👩‍👩‍👧\"", "-0", "-0.0", "00", "01", "1.", ".5", "+1", "\"\\x\"", "'a'", "\"",
  ]

  static func names(ofRoute path: String) -> [String]? {
    fields.filter { path.hasSuffix("/" + $0.path) }.max { $0.path.utf8.count < $1.path.utf8.count }?.names
  }

  /// An object with a route's fields.
  static func object(ofRoute path: String, _ random: inout FuzzRandom, _ known: Known) -> String {
    var names =
      names(ofRoute: path) ?? (0..<random.below(4)).map { _ in random.pick(fields[random.below(fields.count)].names) }
    if known.oddness > 0, random.chance(25) { names.removeAll { _ in random.chance(25) } }
    if known.oddness > 0, random.chance(10), let name = names.first { names.append(name) }
    if random.chance(10) { names.append(random.pick(["unknown", "", "$only", "run_id", "key"])) }
    let members = names.map { name in
      "\"\(name)\":" + (random.chance(known.oddness) ? oddValue(&random) : value(of: name, &random, known))
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  static func oddValue(_ random: inout FuzzRandom) -> String {
    switch random.below(60) {
    case 0: String(repeating: "[", count: 100_000)
    case 1: String(repeating: "{\"a\":", count: 150) + "1" + String(repeating: "}", count: 150)
    case 2: "\"" + String(repeating: "x", count: 10_000) + "\""
    case 3: "[" + String(repeating: "0,", count: 1_500) + "0]"
    default: random.pick(odd)
    }
  }

  /// Text as JSON.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// A value for a field, as an argument behind a `?`: without quotes.
  static func argument(of name: String, _ random: inout FuzzRandom, _ known: Known) -> String {
    if known.oddness == 0, ["order_by", "stages", "run_ids"].contains(name) {
      return name == "order_by" ? "name DESC" : name == "stages" ? "Production" : known.runs.last!
    }
    let text = random.chance(known.oddness) ? oddValue(&random) : value(of: name, &random, known)
    return text.hasPrefix("\"") && text.count > 1 ? String(text.dropFirst().dropLast()) : text
  }

  private static func list(_ random: inout FuzzRandom, upTo count: Int, _ element: (inout FuzzRandom) -> String)
    -> String
  {
    let count = random.below(count + 1)
    return "[" + (0..<count).map { _ in element(&random) }.joined(separator: ",") + "]"
  }

  private static func pairs(_ random: inout FuzzRandom) -> String {
    let count = random.chance(1) ? 120 : 3
    return list(&random, upTo: count) { random in
      "{\"key\":\(quoted(random.pick(FuzzTexts.names))),\"value\":\(quoted(random.pick(FuzzTexts.names)))}"
    }
  }

  private static func points(_ random: inout FuzzRandom) -> String {
    let count = random.chance(1) ? 1_100 : 4
    return list(&random, upTo: count) { random in
      let value = random.pick(["1", "0.5", "\"NaN\"", "-1e300", "\"Infinity\"", "1e400", "2"])
      return "{\"key\":\"\(random.pick(["m", "loss", "a/b", "..", ""]))\",\"value\":\(value),\"timestamp\":"
        + "\(random.pick(["1", "1700000000000", "\"5\"", "-1", "9223372036854775807"])),\"step\":"
        + "\(random.pick(["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "\"3\""]))}"
    }
  }

  // What a client would send, for the fields that are often refused otherwise.
  private static func plain(_ name: String, _ random: inout FuzzRandom, _ known: Known) -> String? {
    switch name {
    case "run_id", "run_uuid", "run", "source_run_id", "prefix", "text": quoted(known.runs.last!)
    case "experiment_id", "id": quoted(random.pick(["0", known.experiments.last!]))
    case "experiment_ids": "[\"0\",\"1\"]"
    case "model_id": quoted(known.models.last!)
    case "filter": quoted(FuzzTexts.plainFilter(&random))
    case "order_by":
      "[\(quoted(random.pick(["name DESC", "metrics.m DESC", "creation_time", "start_time ASC", "params.`p`"])))]"
    case "page_token": quoted("")
    case "max_results": random.pick(["1", "2", "100", "\"5\""])
    case "tags", "params": "[{\"key\":\"t\(random.below(5))\",\"value\":\"v\"}]"
    case "metrics": "[{\"key\":\"m\",\"value\":\(random.below(9)),\"timestamp\":1,\"step\":\(random.below(50))}]"
    case "key", "metric_key", "metric": quoted(random.pick(["m", "t", "t1"]))
    case "timestamp", "start_time", "end_time", "step", "start_step", "end_step", "as_of": "\(random.below(2_000))"
    case "attempt": "1"
    case "status": random.pick(["\"RUNNING\"", "\"LOGGED_MODEL_READY\""])
    case "version": "\"\(1 + random.below(2))\""
    case "stage": "\"Production\""
    case "stages": "[\"Production\"]"
    case "alias": "\"champion\""
    case "new_name": "\"n\(known.number)\""
    case "name": random.chance(50) ? "\"net\"" : "\"n\(known.number)\""
    case "source": "\"s3://b/net\""
    case "path", "artifact_directory_path", "artifact_file_path": quoted(random.pick(["", "f", "d", "d/f"]))
    case "datasets":
      "[{\"dataset\":{\"name\":\"d\",\"digest\":\"1\",\"source_type\":\"local\",\"source\":\"/x\"},\"tags\":[]}]"
    default: nil
    }
  }

  static func value(of name: String, _ random: inout FuzzRandom, _ known: Known) -> String {
    let plain = known.oddness == 0 ? plain(name, &random, known) : nil
    return plain ?? anyValue(of: name, &random, known)
  }

  private static func anyValue(of name: String, _ random: inout FuzzRandom, _ known: Known) -> String {
    switch name {
    case "run_id", "run_uuid", "run", "source_run_id", "prefix", "text": quoted(random.pick(known.runs))
    case "model_id": quoted(random.pick(known.models))
    case "experiment_id", "id": quoted(random.pick(known.experiments))
    case "experiment_ids": list(&random, upTo: 3) { quoted($0.pick(known.experiments)) }
    case "run_ids": list(&random, upTo: 3) { quoted($0.pick(known.runs)) }
    case "logger": quoted(random.pick(known.loggers))
    case "filter": quoted(FuzzTexts.filter(&random))
    case "order_by": list(&random, upTo: random.chance(2) ? 80 : 3) { quoted(FuzzTexts.order(&$0)) }
    case "order_by_objects": "[{\"field_name\":\(quoted(FuzzTexts.key(&random))),\"ascending\":true}]"
    case "page_token": quoted(FuzzTexts.token(&random, known.tokens))
    case "max_results":
      random.pick(["1", "2", "100", "1000", "50000", "50001", "0", "-1", "\"5\"", "9223372036854775807"])
    case "tags", "params": pairs(&random)
    case "metrics": points(&random)
    case "key", "metric_key", "metric":
      quoted(random.chance(70) ? random.pick(["m", "p", "t", "loss", "lr"]) : random.pick(FuzzTexts.names))
    case "value": random.pick(["1", "0.5", "\"v\"", "\"NaN\"", "\"2\"", "-1e300", "1e400"])
    case "timestamp", "start_time", "end_time", "step", "start_step", "end_step", "as_of", "attempt", "from", "to":
      random.pick(["0", "1", "1700000000000", "\"17\"", "-1", "9223372036854775807", "-9223372036854775808", "5"])
    case "status":
      random.pick([
        "\"FINISHED\"", "\"RUNNING\"", "\"FAILED\"", "\"KILLED\"", "\"SCHEDULED\"", "\"LOGGED_MODEL_READY\"", "3",
      ])
    case "run_view_type", "view_type": random.pick(["\"ACTIVE_ONLY\"", "\"ALL\"", "\"DELETED_ONLY\"", "1", "\"3\""])
    case "version": random.pick(["\"1\"", "1", "\"2\"", "\"0\"", "\"latest\"", "9223372036854775808"])
    case "stage", "stages":
      name == "stage" ? random.pick(["\"Production\"", "\"staging\"", "\"None\"", "\"x\""]) : "[\"Production\"]"
    case "alias": quoted(random.pick(["champion", "latest", "v1", "a b", "größe"]))
    case "archive_existing_versions": random.pick(["true", "false"])
    case "name", "new_name", "run_name", "experiment_name":
      quoted(
        random.chance(60)
          ? random.pick(["e1", "e2", "net", "net2", "Default"])
          : random.chance(60) ? "n\(known.number)" : random.pick(FuzzTexts.names))
    case "source", "artifact_location":
      quoted(
        random.pick([
          "models:/m-1", "models:/net/1", "file:///etc", "/etc", "s3://b/x", "s3://b/../x",
          "runs:/\(random.pick(known.runs))/model",
          "mlflow-artifacts:/0/\(random.pick(known.runs))/artifacts/model", "https://x#/../..", "dbfs:/a%3f/../../x",
          "//proc/self/root", "",
        ]))
    case "path", "artifact_directory_path", "artifact_file_path":
      quoted(FuzzTexts.path(&random, runs: known.runs, models: known.models))
    case "datasets":
      "[{\"dataset\":{\"name\":\"d\",\"digest\":\"\(random.pick(["1", "2", ""]))\",\"source_type\":\"local\",\"source\":\"/x\"},\"tags\":\(pairs(&random)),"
        + "\"dataset_name\":\"d\"}]"
    case "models":
      "[{\"model_id\":\(quoted(random.pick(known.models))),\"step\":\(random.pick(["0", "1", "-1", "\"2\""]))}]"
    case "model_json":
      quoted("{\"artifact_path\":\"model\",\"run_id\":\(quoted(random.pick(known.runs))),\"flavors\":{}}")
    case "changes": FuzzChanges.changes(&random, known)
    case "batches":
      list(&random, upTo: 3) {
        "{\"changes\":\(FuzzChanges.changes(&$0, known)),\"points\":[\(FuzzChanges.points(&$0, known))]}"
      }
    case "series": "[" + FuzzChanges.series(&random) + "]"
    case "points": list(&random, upTo: 3) { _ in "{\"metric\":\"m\",\"step\":1,\"time\":1,\"value\":0.5}" }
    case "query": FuzzChanges.query(&random, known)
    default: random.chance(50) ? quoted(random.pick(FuzzTexts.names)) : oddValue(&random)
    }
  }
}
