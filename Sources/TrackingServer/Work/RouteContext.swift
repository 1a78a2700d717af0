internal import Tracking

/// What routes work with.
final class RouteContext: Sendable {
  /// The records.
  let store: any TrackingStore
  /// The artifacts.
  let artifacts: any ArtifactStore
  /// How the server behaves.
  let settings: TrackingServer.Settings
  /// The threads behind the connections.
  let work: Work
  /// The loggers that clients opened.
  let loggers: LoggerTable
  /// Tells whoever runs the server what is wrong with the store.
  let faults: FaultReport

  /// The threads behind the connections.
  struct Work: Sendable {
    /// For routes that wait for the store.
    let blocking: WorkThreads
    /// For uploads and streamed answers, which last as long as their other end likes.
    let streams: WorkThreads
    /// For what is recorded.
    let committer: GroupCommitter
    /// For pages of many runs, which take memory while they are made.
    let largePages = Permits(2)
    /// Gives the memory of large answers back.
    let memory: MemoryReturn
  }

  init(store: any TrackingStore, artifacts: any ArtifactStore, settings: TrackingServer.Settings) {
    self.store = store
    self.artifacts = artifacts
    self.settings = settings
    faults = FaultReport(settings.report)
    loggers = LoggerTable(clock: settings.clock, random: settings.random)
    let blocking = WorkThreads(limit: settings.limits.threads)
    work = Work(
      blocking: blocking, streams: WorkThreads(limit: settings.limits.connections), committer: GroupCommitter(store),
      memory: MemoryReturn(blocking, give: settings.returnMemory))
  }

  /// Returns what a function finds; nil where there is none. What else goes wrong is thrown: a store that cannot be read
  /// is no empty one.
  func found<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
      return try body()
    } catch let error as TrackingError where error.code == .notFound {
      return nil
    } catch let error as APIError where error.status < 500 {
      return nil
    }
  }

  /// Records changes together with those of other requests, and returns when they are on the disk. Blocks.
  @discardableResult
  func commit(_ changes: [Change]) throws -> EventNumber {
    changes.isEmpty ? 0 : try work.committer.write(WriteBatch(changes))
  }

  /// Makes what every store that is served has: the experiment 0, `Default`.
  func prepare() throws {
    do {
      _ = try store.experiment(id: 0)
    } catch let error as TrackingError where error.code == .notFound {
      do {
        try store.commit(.experiment(.create(name: "Default", id: 0, tags: [:])))
      } catch let error as TrackingError where error.code == .conflict {
        // Another process was faster, or an experiment of our own has the name: clients find it by that.
      }
    }
  }

  /// Ends the threads when they have done what they have.
  func stop() {
    work.blocking.close()
    work.streams.close()
    loggers.closeAll()
    work.committer.close()
  }
}
