public import Tracking

/// A store of another program that can be read: MLflow's, TensorBoard's. Calls block; one thread calls.
///
/// What is read is told in records of ours: a foreign run is a `RunRow` whose metrics tell the point that counts as the last,
/// and how many there are (0 where that is not known without reading them). A record that cannot be read is told to
/// whoever opened the store, and left out.
public protocol ForeignStore {
  /// Returns the experiments with their own numbers, deleted ones included.
  func experiments() throws -> [Experiment]

  /// Returns how many runs there are; nil where that takes reading them all.
  func runCount() throws -> Int?

  /// Returns a page of an experiment's runs, those that began earlier first, deleted ones included.
  ///
  /// - Parameter page: nil for the first, then `RunPage.next`.
  func runs(in experiment: Experiment, page: String?) throws -> RunPage

  /// Returns a run; nil where there is none.
  func run(_ id: RunID) throws -> RunRow?

  /// Returns the points of one metric of a run, in any order.
  func points(of row: RunRow, metric: String) throws -> MetricColumns

  /// Returns the datasets that went into a run.
  func inputs(of row: RunRow) throws -> [RunInput]

  /// Returns the logged models that came out of a run.
  func outputs(of row: RunRow) throws -> [RunOutput]

  /// Returns the logged models of an experiment, deleted ones left out.
  func loggedModels(in experiment: Experiment) throws -> [LoggedModel]

  /// Returns where a run's artifacts are: a URI or a path; nil where it has none.
  func artifactPlace(of row: RunRow) throws -> String?

  /// Returns where a logged model's artifacts are: a URI or a path; nil where it has none.
  func artifactPlace(of model: LoggedModel) throws -> String?

  /// Returns the registered models.
  func registeredModels() throws -> [RegisteredModel]

  /// Returns the versions of all registered models, deleted ones left out.
  func modelVersions() throws -> [ModelVersion]
}

/// The files that runs of a foreign store keep.
public protocol ForeignFiles {
  /// Returns the files below a place by their paths relative to it.
  func files(at place: String) throws -> [ForeignFile]

  /// Hands the path of a file's copy on this machine's disk to a closure; the path's last name is the file's own.
  func withFile<Result>(_ file: ForeignFile, at place: String, _ body: (String) throws -> Result) throws -> Result
}

/// A file that a run of a foreign store keeps.
public struct ForeignFile: Sendable, Equatable {
  /// The path below the run's artifacts, `/` between names.
  public var path: String
  /// Its size in bytes.
  public var bytes: Int64

  /// Names a file.
  public init(path: String, bytes: Int64) {
    self.path = path
    self.bytes = bytes
  }
}

/// Takes a sentence about something that could not be read.
public typealias ProblemReport = (String) -> Void

extension SeriesSummary {
  /// Tells of a foreign series what is known of it.
  ///
  /// - Parameter count: 0 where it is not known.
  public init(foreign name: String, count: Int, last: MetricPoint) {
    self.init(
      name: name, attempt: 1, count: count, last: last, largestStep: last.step, minimum: nil, maximum: nil)
  }
}

extension MetricColumns {
  /// The points by step, then time, then value: the last is the one that MLflow shows as the metric's value.
  func sortedAsMLflowDoes() -> MetricColumns {
    let order = values.indices.sorted { left, right in
      if steps[left] != steps[right] { return steps[left] < steps[right] }
      if times[left] != times[right] { return times[left] < times[right] }
      if values[left].isNaN || values[right].isNaN { return values[left].isNaN && !values[right].isNaN }
      return values[left] < values[right]
    }
    return MetricColumns(
      name: name, steps: order.map { steps[$0] }, times: order.map { times[$0] }, values: order.map { values[$0] })
  }
}
