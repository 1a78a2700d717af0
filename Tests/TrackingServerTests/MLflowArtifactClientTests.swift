import Foundation
import Testing
import Tracking
import TrackingServer

/// Real clients of MLflow with files and models, unmodified. Which ones, `RUNS_CLIENTS` tells. Models need scikit-learn,
/// LightGBM or PyTorch, which `skinny` is without.
@Suite(.serialized) struct MLflowArtifactClientTests {
  private static let clients = ClientProgram.clients

  private func check(_ script: String, _ client: String) throws {
    let served = try ServedStore { $0.clock = systemClock }
    let result = try ClientProgram.run(script, with: client, at: served.bound.url)
    #expect(result.code == 0, "\(client): \(result.said.suffix(4000))")
    #expect(result.said.hasSuffix("well\n"))
  }

  @Test(arguments: clients.filter { $0 != "boost" && $0 != "torch" })
  func `files go up, are listed and come down`(with client: String) throws {
    try check("artifacts.py", client)
  }

  @Test(arguments: clients.filter { ["models", "full", "old"].contains($0) })
  func `models are logged, registered and loaded back, by hand and by autolog`(with client: String) throws {
    try check("models.py", client)
  }

  @Test(arguments: clients.filter { $0 == "boost" })
  func `autolog of LightGBM and XGBoost keeps every iteration and a model that loads`(with client: String) throws {
    try check("boost.py", client)
  }

  @Test(arguments: clients.filter { $0 == "torch" })
  func `a loop in PyTorch and one of Lightning keep every step, checkpoints and a model that loads`(
    with client: String
  ) throws {
    try check("torch_loop.py", client)
  }
}
