import Testing
import Tracking

/// The grammar of MLflow's `runs/search`, and what we read beyond it.
struct FilterParserTests {
  private func one(_ text: String) throws -> FilterClause {
    let clauses = try FilterParser.clauses(of: text)
    try #require(clauses.count == 1, "\(text)")
    return clauses[0]
  }

  static let readable: [(String, FilterClause)] = [
    ("metrics.accuracy > 0.9", FilterClause(.metric("accuracy"), .number(.greater, 0.9))),
    ("metric.loss<=1e0", FilterClause(.metric("loss"), .number(.atMost, 1))),
    ("metrics.loss >= -1", FilterClause(.metric("loss"), .number(.atLeast, -1))),
    ("metrics.loss < +2.5E-3", FilterClause(.metric("loss"), .number(.less, 0.0025))),
    ("metrics.loss != 0", FilterClause(.metric("loss"), .number(.notEqual, 0))),
    ("metrics.loss == 0", FilterClause(.metric("loss"), .number(.equal, 0))),
    ("metrics.`my loss` = 1", FilterClause(.metric("my loss"), .number(.equal, 1))),
    ("metrics.\"a.b-c d\" = 1", FilterClause(.metric("a.b-c d"), .number(.equal, 1))),
    ("metrics.validation:accuracy > 0.5", FilterClause(.metric("validation:accuracy"), .number(.greater, 0.5))),
    ("metrics.train/loss > 0.5", FilterClause(.metric("train/loss"), .number(.greater, 0.5))),
    ("metrics.a.b.c > 1", FilterClause(.metric("a.b.c"), .number(.greater, 1))),
    ("metrics.top-5 > 1", FilterClause(.metric("top-5"), .number(.greater, 1))),
    ("params.optimizer = 'adam'", FilterClause(.parameter("optimizer"), .equals("adam", negated: false))),
    ("param.optimizer != \"adam\"", FilterClause(.parameter("optimizer"), .equals("adam", negated: true))),
    ("parameters.lr LIKE '0.0%'", FilterClause(.parameter("lr"), .like("0.0%", ignoringCase: false))),
    ("params.lr = 0.1", FilterClause(.parameter("lr"), .number(.equal, 0.1))),
    ("params.lr < 0.1", FilterClause(.parameter("lr"), .number(.less, 0.1))),
    ("params.lr IN ('a', 'b')", FilterClause(.parameter("lr"), .oneOf(["a", "b"], negated: false))),
    ("tags.team ilike 'VIS_'", FilterClause(.tag("team"), .like("VIS_", ignoringCase: true))),
    ("tag.`mlflow.source.name` = ''", FilterClause(.tag("mlflow.source.name"), .equals("", negated: false))),
    ("tags.mlflow.source.name = 'x'", FilterClause(.tag("mlflow.source.name"), .equals("x", negated: false))),
    ("tags.team IS NULL", FilterClause(.tag("team"), .isNull(negated: false))),
    ("params.lr is not null", FilterClause(.parameter("lr"), .isNull(negated: true))),
    ("metrics.x IS NULL", FilterClause(.metric("x"), .isNull(negated: false))),
    ("attributes.status = 'FINISHED'", FilterClause(.attribute(.state), .equals("finished", negated: false))),
    ("status = 'KILLED'", FilterClause(.attribute(.state), .equals("canceled", negated: false))),
    ("state LIKE 'FIN%'", FilterClause(.attribute(.state), .like("fin%", ignoringCase: false))),
    ("attr.run_id IN ('A', 'b')", FilterClause(.attribute(.id), .oneOf(["A", "b"], negated: false))),
    ("run_id NOT IN ('a')", FilterClause(.attribute(.id), .oneOf(["a"], negated: true))),
    ("run.\"Run name\" = 'x'", FilterClause(.attribute(.name), .equals("x", negated: false))),
    ("run_name LIKE '%'", FilterClause(.attribute(.name), .like("%", ignoringCase: false))),
    ("start_time > 1700000000000", FilterClause(.attribute(.started), .number(.greater, 1_700_000_000_000))),
    ("created <= 5", FilterClause(.attribute(.created), .number(.atMost, 5))),
    ("end_time IS NULL", FilterClause(.attribute(.ended), .isNull(negated: false))),
    ("number = 3", FilterClause(.attribute(.number), .number(.equal, 3))),
    ("kind = 'trial'", FilterClause(.attribute(.kind), .equals("trial", negated: false))),
    ("METRICS.Acc > 1", FilterClause(.metric("Acc"), .number(.greater, 1))),
  ]

  @Test(arguments: readable)
  func `a clause is read`(_ text: String, _ clause: FilterClause) throws {
    #expect(try one(text) == clause)
  }

  @Test func `clauses are joined by AND, in any case; a stray one at the end does no harm`() throws {
    let clauses = try FilterParser.clauses(of: " metrics.a > 1 and params.b = 'x' AND\n tags.c IS NULL AND ")
    #expect(clauses.map(\.field) == [.metric("a"), .parameter("b"), .tag("c")])
    #expect(try FilterParser.clauses(of: "").isEmpty)
    #expect(try FilterParser.clauses(of: "  ").isEmpty)
  }

  @Test func `words inside quotes are texts`() throws {
    #expect(try one("params.a = 'x AND y'") == FilterClause(.parameter("a"), .equals("x AND y", negated: false)))
    #expect(try one("params.a = \"it's\"") == FilterClause(.parameter("a"), .equals("it's", negated: false)))
    #expect(try one("metrics.`and` > 1").field == .metric("and"))
  }

  static let refused: [(String, Int, String)] = [
    ("metrics.a > 1 OR metrics.b > 1", 15, "joined by AND only"),
    ("(metrics.a > 1)", 1, "a key should stand here"),
    ("NOT metrics.a > 1", 1, "'NOT' is no attribute"),
    ("metrics.a BETWEEN 1 AND 2", 11, "an operator should stand here"),
    ("metrics.a > 'x'", 13, "compared with a number"),
    ("metrics.a > x", 13, "compared with a number"),
    ("metrics.a LIKE '1%'", 16, "compared with a number"),
    ("metrics.a IN ('1')", 14, "compared with a number"),
    ("metrics.a >", 12, "compared with a number"),
    ("metrics.a", 10, "an operator should stand here"),
    ("metrics. > 1", 10, "a key should stand here"),
    ("metrics.a ! 1", 11, "an operator should stand here"),
    ("params.a > 'x'", 12, "texts are compared by"),
    ("params.a LIKE 5", 15, "a text in single quotes should stand here"),
    ("params.a IN 'x'", 13, "'(' should stand here"),
    ("params.a IN ()", 14, "a text in single quotes should stand here"),
    ("params.a IN ('x'", 17, "',' or ')' should stand here"),
    ("params.a NOT LIKE 'x'", 14, "IN should stand after NOT"),
    ("params.a IS 'x'", 13, "NULL should stand here"),
    ("params.a = 'x", 12, "is not closed"),
    ("tags.a = 5", 10, "a tag is compared with a text"),
    ("state = 5", 9, "state is compared with a text"),
    ("start_time = 'x'", 14, "started is compared with a number"),
    ("start_time LIKE 'x'", 17, "started is compared with a number"),
    ("start_time IN ('x')", 15, "started is compared with a number"),
    ("accuracy > 0.9", 1, "for a metric write metrics.accuracy"),
    ("attributes.accuracy > 1", 12, "'accuracy' is no attribute"),
    ("datasets.size = 'x'", 10, "is none of a dataset's name"),
    ("model.name = 'x'", 1, "is none of metrics, params, tags"),
  ]

  @Test(arguments: refused)
  func `what is no filter is refused with its column and what to write`(_ text: String, _ column: Int, _ words: String)
  {
    let error = #expect(throws: TrackingError.self) { try FilterParser.clauses(of: text) }
    #expect(error?.code == .invalid)
    #expect(error?.message.hasPrefix("filter, column \(column): ") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(text) == true)
  }

  @Test func `an order is a key with its direction`() throws {
    #expect(try FilterParser.order(of: "metrics.accuracy DESC") == .init(.metric("accuracy"), ascending: false))
    #expect(try FilterParser.order(of: "params.lr asc") == .init(.parameter("lr"), ascending: true))
    #expect(try FilterParser.order(of: "start_time") == .init(.attribute(.started), ascending: true))
    #expect(throws: TrackingError.self) { try FilterParser.order(of: "metrics.a DESC, metrics.b") }
    #expect(throws: TrackingError.self) { try FilterParser.order(of: "") }
    #expect(try FilterParser.field(of: "tags.`a b`") == .tag("a b"))
    #expect(throws: TrackingError.self) { try FilterParser.field(of: "tags.a b") }
  }
}
