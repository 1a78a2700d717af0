import Foundation
import SQLTracking
import Testing
import Tracking
import TrackingServer

/// Real clients of MLflow, unmodified. Which ones, `RUNS_CLIENTS` tells.
@Suite(.serialized) struct MLflowClientTests {
  private static let clients = ClientProgram.clients.filter { $0 != "boost" && $0 != "torch" }

  private func check(_ script: String, _ client: String, _ served: ServedStore) throws {
    let result = try ClientProgram.run(script, with: client, at: served.bound.url)
    #expect(result.code == 0, "\(client): \(result.said.suffix(4000))")
    #expect(result.said.hasSuffix("well\n"))
  }

  @Test(arguments: clients)
  func `a script that logs with MLflow finds here what it finds there`(with client: String) throws {
    try check("tracking.py", client, ServedStore { $0.clock = systemClock })
  }

  @Test(arguments: clients)
  func `five thousand runs are paged through`(with client: String) throws {
    let served = try ServedStore()
    try served.store.commit(.experiment(.create(name: "many", id: nil, tags: [:])))
    let batches = try (0..<5000).map { number in
      let id = try #require(RunID("many\(number)"))
      return WriteBatch(
        [
          .createRun(
            NewRun(
              id: id, experiment: "many", state: .running,
              parameters: [Parameter("odd", number % 2 == 1 ? "yes" : "no")]))
        ], points: [WriteBatch.Points(id, [MetricColumns(name: "m", steps: [0], times: [1], values: [Double(number)])])]
      )
    }
    for start in stride(from: 0, to: batches.count, by: 500) {
      for result in try served.store.write(Array(batches[start..<start + 500])) { _ = try result.get() }
    }
    try check("paging.py", client, served)
  }
}
