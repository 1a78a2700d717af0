internal import NIOCore
internal import NIOPosix
internal import Synchronization
public import Tracking

/// Serves a store over HTTP: MLflow's REST API, and the tracking API itself.
///
/// It keeps nothing of its own: every route translates to the tracking API. Store calls block, so they run on threads of
/// the server's, never on the loop that reads and writes the connections.
public final class TrackingServer: Sendable {
  private enum State {
    case new
    case running(Listener)
    case stopped
  }

  private let settings: Settings
  private let context: RouteContext
  private let state = Mutex(State.new)

  /// Makes a server; `start` opens it.
  public init(store: any TrackingStore, artifacts: any ArtifactStore, settings: Settings = Settings()) {
    self.settings = settings
    context = RouteContext(store: store, artifacts: artifacts, settings: settings)
  }

  /// Listens, and returns where.
  ///
  /// - Throws: `.conflict` when the server was started before; `.system` when the address cannot be listened on.
  public func start() throws -> BoundAddress {
    try state.withLock { state in
      guard case .new = state else {
        throw TrackingError(.conflict, "this server was started before; make another one")
      }
      if settings.makesDefaultExperiment { try context.prepare() }
      let listener = Listener(settings: settings, routes: Self.routes(context), context: context)
      let bound = try listener.start()
      state = .running(listener)
      return bound
    }
  }

  /// Stops: takes no more requests, answers those that it has, and returns; it waits `Limits.stopSeconds` at most. Twice
  /// does nothing.
  public func stop() {
    let listener: Listener? = state.withLock { state in
      defer { state = .stopped }
      guard case .running(let listener) = state else { return nil }
      return listener
    }
    listener?.stop()
    if listener != nil { context.stop() }
  }

  // A family of routes adds a line here.
  static func routes(_ context: RouteContext) -> RouteTable {
    RouteTable(
      ServerRoutes.all(context),
      RecordRoutes.all(context),
      LogRoutes.all(context),
      RunRoutes.all(context),
      ExperimentRoutes.all(context),
      SearchRoutes.all(context),
      MetricRoutes.all(context),
      ArtifactRoutes.all(context),
      InputRoutes.all(context),
      LoggedModelRoutes.all(context),
      RegistryRoutes.all(context),
      ModelVersionRoutes.all(context)
    )
  }
}
