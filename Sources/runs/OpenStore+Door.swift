internal import Sweeping
internal import Tracking
internal import TrackingServer

extension OpenStore {
  /// Returns what opens the door by which a sweep's trials log as clients of MLflow: a server in this process, for them
  /// alone; or the server that `RUNS_SERVER` names.
  func doorOpener() -> DoorOpener {
    if let url = environment("RUNS_SERVER"), !url.isEmpty {
      let token = environment("RUNS_SERVER_TOKEN").flatMap { $0.isEmpty ? nil : $0 }
      return { _, _, _ in TrialDoor(url: url, token: token) }
    }
    let (tracking, artifacts) = (tracking, artifacts)
    return { sweep, port, token in
      let server = TrackingServer(
        store: tracking, artifacts: artifacts,
        settings: TrackingServer.Settings(
          address: .tcp(host: "127.0.0.1", port: port), access: .token(token, AccessGrant(.log, run: sweep)),
          limits: TrackingServer.Limits(stopSeconds: 2)))
      let bound = try server.start()
      return TrialDoor(url: bound.url, token: token, port: bound.port) { server.stop() }
    }
  }
}
