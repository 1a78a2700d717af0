/// The calls of the tracking API as they go over the wire: `POST /api/runs/v1/NAME`, with an object of arguments as the
/// body, answered by `{"result": …}`, or `{"error": {"code": …, "message": …}}`.
package enum TrackingCall: String, Sendable, CaseIterable {
  case run = "run"
  case runID = "run-id"
  case runs = "runs"
  case transitions = "transitions"
  case parameters = "parameters"
  case tags = "tags"
  case series = "series"
  case summaries = "summaries"
  case attempts = "attempts"
  case artifacts = "artifacts"
  case sweep = "sweep"
  case decisions = "decisions"
  case trials = "trials"
  case lastEvent = "last-event"
  case points = "points"
  case experiments = "experiments"
  case experiment = "experiment"
  case inputs = "inputs"
  case outputs = "outputs"
  case loggedModel = "logged-model"
  case loggedModels = "logged-models"
  case modelFiles = "model-files"
  case registeredModels = "registered-models"
  case registeredModel = "registered-model"
  case modelVersions = "model-versions"
  case accessTokens = "access-tokens"
  case commit = "commit"
  case write = "write"
  case append = "append"
  case recoverMetrics = "recover-metrics"
  case openLogger = "open-logger"
  case log = "log"
  case flushLogger = "flush-logger"
  case closeLogger = "close-logger"

  /// Where every call lives.
  package static let root = "/api/runs/v1/"

  /// The path of the call.
  package var path: String { Self.root + rawValue }

  /// True when it changes nothing, so that it may be sent again when no answer came.
  package var isRead: Bool {
    switch self {
    case .commit, .write, .append, .recoverMetrics, .openLogger, .log, .flushLogger, .closeLogger: false
    default: true
    }
  }
}
