import Foundation
import Testing
import Tracking
import TrackingServer

/// Real clients of MLflow with files and models, unmodified. By default the newest `mlflow-skinny` alone;
/// `RUNS_CLIENTS="skinny models full old"` names more. Models need scikit-learn, which `skinny` is without.
@Suite(.serialized) struct MLflowArtifactClientTests {
  private static let clients = (ProcessInfo.processInfo.environment["RUNS_CLIENTS"] ?? "skinny")
    .split(separator: " ").map(String.init)

  private func check(_ script: String, _ client: String) throws {
    let served = try ServedStore { $0.clock = systemClock }
    let path = ClientProgram.repository + "/Tests/TrackingServerTests/Clients/" + script
    let result = try ClientProgram.run(
      [try ClientProgram.python(client), path],
      environment: [
        "MLFLOW_TRACKING_URI": served.bound.url, "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
      ])
    #expect(result.code == 0, "\(client): \(result.said.suffix(4000))")
    #expect(result.said.hasSuffix("well\n"))
  }

  @Test(arguments: clients)
  func `files go up, are listed and come down`(with client: String) throws {
    try check("artifacts.py", client)
  }

  @Test(arguments: clients.filter { $0 != "skinny" })
  func `models are logged, registered and loaded back, by hand and by autolog`(with client: String) throws {
    try check("models.py", client)
  }
}
