/// Reads records. Calls block; any thread may call. What a call returns is one consistent moment of the store.
public protocol TrackingReader: TrialReader, CatalogueReader {
  /// Returns a run.
  ///
  /// - Throws: `.notFound`.
  func run(_ id: RunID) throws -> Run

  /// Returns the run that a person means: a whole id, an id's unique beginning, or `BEGINNING-K` for trial K of the
  /// sweep with that unique beginning.
  ///
  /// - Throws: `.notFound`, `.ambiguous` with up to five of the candidates.
  func runID(matching text: String) throws -> RunID

  /// Returns a page of the runs that a query describes.
  ///
  /// - Throws: `.invalid` for a page token that is not of this query.
  func runs(matching query: RunQuery) throws -> RunPage

  /// Returns a run's transitions, oldest first.
  func transitions(of run: RunID) throws -> [Transition]

  /// Returns a run's parameters in the order in which they were recorded.
  func parameters(of run: RunID) throws -> [Parameter]

  /// Returns a run's tags.
  func tags(of run: RunID) throws -> [String: String]

  /// Returns the summaries of a run's series, by name.
  ///
  /// - Parameter attempt: nil for the attempt whose points count.
  func series(of run: RunID, attempt: Int?) throws -> [SeriesSummary]

  /// Returns the summaries of one metric for the children of a run that logged it: their counted series.
  func summaries(of metric: String, inChildrenOf parent: RunID) throws -> [RunID: SeriesSummary]

  /// Returns a run's attempts, first to last.
  func attempts(of run: RunID) throws -> [Attempt]

  /// Returns a run's artifacts, by name.
  func artifacts(of run: RunID) throws -> [Artifact]

  /// Returns a sweep.
  ///
  /// - Throws: `.notFound` when there is no such run or it is no sweep.
  func sweep(_ id: RunID) throws -> Sweep

  /// Returns a sweep's decisions, oldest first.
  func decisions(of sweep: RunID) throws -> [Decision]
}

extension TrackingReader {
  /// Returns the summaries of one metric for the children of a run, asking child by child.
  public func summaries(of metric: String, inChildrenOf parent: RunID) throws -> [RunID: SeriesSummary] {
    var found: [RunID: SeriesSummary] = [:]
    var query = RunQuery(parent: parent)
    repeat {
      let page = try runs(matching: query)
      for row in page.rows { found[row.run.id] = row.metrics.first { $0.name == metric } }
      query.pageToken = page.next
    } while query.pageToken != nil
    return found
  }

  /// Returns the summaries of the series of the counted attempt.
  public func series(of run: RunID) throws -> [SeriesSummary] { try series(of: run, attempt: nil) }
}
