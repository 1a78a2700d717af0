import SQL
import SQLTracking
import SQLite
import Testing
import Tracking

struct SmokeTests {
  @Test func `a store opens and records`() throws {
    let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil)
    let id = RunID("a")!
    try store.commit([
      .createRun(
        NewRun(id: id, experiment: "e", parameters: [Parameter("lr", 0.1), Parameter("o", "adam")], tags: ["t": "x"]))
    ])
    try store.append([MetricColumns(name: "loss", steps: [0, 1], times: [0, 1], values: [0.5, 0.25])], to: id)
    #expect(try store.points(of: id, metric: "loss").values == [0.5, 0.25])
    for order in [
      [], [RunQuery.Order(.metric("loss"))], [RunQuery.Order(.parameter("lr"))], [RunQuery.Order(.tag("t"))],
      [RunQuery.Order(.attribute(.ended))],
    ] {
      let page = try store.runs(
        matching: RunQuery(
          filter: FilterParser.clauses(
            of:
              "metrics.loss < 0.3 and params.o = 'adam' and params.lr > 0.05 and tags.t LIKE '%x%' and state = 'scheduled' and name is null"
          ), experiment: "e", order: order))
      #expect(page.rows.count == 1)
      #expect(page.rows.first?.metrics.first?.minimum?.value == 0.25)
    }
  }
}
