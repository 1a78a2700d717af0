internal import Tracking

/// What MLflow calls things.
enum MLflowNames {
  static let parentTag = "mlflow.parentRunId"
  static let nameTag = "mlflow.runName"
  static let userTag = "mlflow.user"
  static let noteTag = "mlflow.note.content"
  static let sourceNameTag = "mlflow.source.name"
  static let sourceTypeTag = "mlflow.source.type"
  /// The stage of a version that was deleted; the row is kept for its number.
  static let deletedStage = "Deleted_Internal"

  /// Statuses of runs by their numbers in files, from 1.
  static let statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]

  /// The state of ours for a status, given by its name or number; nil for another text.
  static func state(of status: String) -> RunState? {
    let name = Int(status).flatMap { statuses.indices.contains($0 - 1) ? statuses[$0 - 1] : nil } ?? status
    switch name {
    case "RUNNING": return .running
    case "SCHEDULED": return .scheduled
    case "FINISHED": return .finished
    case "FAILED": return .failed
    case "KILLED": return .canceled
    default: return nil
    }
  }

  /// The status for a state of ours.
  static func status(of state: RunState) -> String {
    switch state {
    case .running: "RUNNING"
    case .scheduled, .queued, .paused: "SCHEDULED"
    case .finished: "FINISHED"
    case .failed: "FAILED"
    case .canceled, .pruned: "KILLED"
    }
  }

  /// Statuses of logged models by their numbers, from 1.
  static let modelStatuses: [LoggedModel.Status] = [.pending, .ready, .failed]

  /// The status of a logged model, given by its number or as `LOGGED_MODEL_READY`.
  static func modelStatus(_ status: String?) -> LoggedModel.Status {
    guard let status else { return .pending }
    if let number = Int(status) {
      return modelStatuses.indices.contains(number - 1) ? modelStatuses[number - 1] : .pending
    }
    if status.hasSuffix("READY") { return .ready }
    return status.hasSuffix("FAILED") ? .failed : .pending
  }

  /// Reads a number as Python and JSON write it.
  static func number(_ text: some StringProtocol) -> Double? {
    switch text.lowercased() {
    case "nan", "+nan", "-nan": .nan
    case "inf", "+inf", "infinity", "+infinity": .infinity
    case "-inf", "-infinity": -.infinity
    default: Double(text)
    }
  }
}

extension RunRow {
  /// Makes a row of what MLflow says of a run.
  ///
  /// - Parameter status: its name or its number.
  /// - Throws: `.corrupt` for an id or a status that is none.
  init(
    mlflow id: String, experiment: String, name: String?, status: String, started: Int64?, ended: Int64?, user: String?,
    artifactPlace: String?, isDeleted: Bool, parameters: [Parameter], tags: [String: String],
    metrics: [SeriesSummary]
  ) throws {
    guard let id = RunID(id) else {
      throw TrackingError(.corrupt, "'\(id)' is no id of a run; ids are letters, digits, '-' and '_'")
    }
    guard let state = MLflowNames.state(of: status) else {
      throw TrackingError(.corrupt, "run '\(id)' has the status '\(status)', which MLflow does not know")
    }
    var origin: [String: Value] = [:]
    if let artifactPlace, !artifactPlace.isEmpty { origin["artifact_uri"] = .text(artifactPlace) }
    if let user, !user.isEmpty { origin["user"] = .text(user) }
    let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? tags[MLflowNames.nameTag]
    // MLflow writes 0 for a time that it was not told.
    let started = started.flatMap { $0 > 0 ? Timestamp(milliseconds: $0) : nil }
    let ended = ended.flatMap { $0 > 0 ? Timestamp(milliseconds: $0) : nil }
    let begin = started ?? Timestamp(milliseconds: 0)
    self.init(
      run: Run(
        id: id, experiment: experiment, kind: .run, parent: tags[MLflowNames.parentTag].flatMap { RunID($0) },
        name: name, state: state, created: begin, started: started, ended: ended, origin: .object(origin),
        note: tags[MLflowNames.noteTag] ?? "", deleted: isDeleted ? ended ?? begin : nil),
      parameters: parameters.sorted { $0.name < $1.name }, tags: tags, metrics: metrics.sorted { $0.name < $1.name })
  }
}
