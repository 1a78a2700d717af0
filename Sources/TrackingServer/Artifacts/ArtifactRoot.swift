internal import Tracking

/// What artifacts belong to: a run, or a logged model.
enum ArtifactOwner: Sendable {
  case run(Run)
  case model(LoggedModel)
}

/// Where the artifacts of runs and logged models are, as clients are told: `mlflow-artifacts:/<experiment>/<run>/artifacts`
/// and `mlflow-artifacts:/<experiment>/models/<model>/artifacts`.
enum ArtifactRoot {
  static func uri(ofRun run: RunID, experiment: Int64) -> String {
    "mlflow-artifacts:/\(experiment)/\(run)/artifacts"
  }

  static func uri(ofModel model: String, experiment: Int64) -> String {
    "mlflow-artifacts:/\(experiment)/models/\(model)/artifacts"
  }

  /// Splits a path in the root of all artifacts into its owner's words and the path below it; nil for any other path.
  static func split(_ path: ArtifactPath) -> (experiment: Int64, run: RunID?, model: String?, below: ArtifactPath)? {
    let names = path.names
    guard names.count >= 3, let experiment = Int64(names[0]), String(experiment) == names[0] else { return nil }
    if names[1] == "models" {
      guard names.count >= 4, names[3] == "artifacts" else { return nil }
      return (experiment, nil, names[2], path.dropping(4))
    }
    guard names[2] == "artifacts", let run = RunID(names[1]) else { return nil }
    return (experiment, run, nil, path.dropping(3))
  }
}

extension RouteContext {
  /// Returns the owner of a path in the root of all artifacts, and the path below it.
  ///
  /// - Throws: 404 where there is no such owner, or it belongs to another experiment.
  func artifactOwner(_ path: ArtifactPath) throws -> (owner: ArtifactOwner, below: ArtifactPath) {
    guard let parts = ArtifactRoot.split(path) else {
      throw APIError.notFound(
        "'\(path.text)' is no place for artifacts; use the artifact_uri of a run or a logged model")
    }
    let experiment: String
    let owner: ArtifactOwner
    if let id = parts.run {
      let run = try run(named: id.text)
      (owner, experiment) = (.run(run), run.experiment)
    } else {
      let model = try loggedModel(parts.model ?? "")
      (owner, experiment) = (.model(model), model.experiment)
    }
    guard try store.experiment(named: experiment).id == parts.experiment else {
      throw APIError.notFound("'\(path.names[0])' is not the experiment of '\(path.names[parts.run == nil ? 2 : 1])'")
    }
    return (owner, parts.below)
  }

  /// The artifacts of an owner.
  func artifactTree(_ owner: ArtifactOwner) throws -> ArtifactTree {
    switch owner {
    case .run(let run): ArtifactTree(try store.artifacts(of: run.id), in: artifacts)
    case .model(let model): ArtifactTree(try store.files(ofModel: model.id), in: artifacts)
    }
  }

  /// Returns a run as MLflow's clients ask for it.
  ///
  /// - Throws: 404 in MLflow's words.
  func run(named text: String) throws -> Run {
    let unknown = APIError.notFound("Run with id=\(text) not found")
    guard let id = RunID(text) else { throw unknown }
    do {
      return try store.run(id)
    } catch let error as TrackingError where error.code == .notFound {
      throw unknown
    }
  }

  /// Returns a logged model that was not deleted.
  ///
  /// - Throws: 404 in MLflow's words.
  func loggedModel(_ id: String, allowDeleted: Bool = false) throws -> LoggedModel {
    let unknown = APIError.notFound("Logged model with ID '\(id)' not found.")
    do {
      let model = try store.loggedModel(id)
      guard allowDeleted || model.deleted == nil else { throw unknown }
      return model
    } catch let error as TrackingError where error.code == .notFound {
      throw unknown
    }
  }
}
