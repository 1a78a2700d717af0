public import Tracking

/// Where the trials of a sweep reach its records as clients of MLflow, while it is driven.
public struct TrialDoor: Sendable {
  /// What clients are pointed to.
  public var url: String
  /// What they show; nil where none is asked for.
  public var token: String?
  /// The port of a server of our own; 0 for a server that runs anyway.
  public var port: Int
  /// Ends the server.
  public var close: @Sendable () -> Void

  /// Names a door.
  public init(url: String, token: String?, port: Int = 0, close: @escaping @Sendable () -> Void = {}) {
    self.url = url
    self.token = token
    self.port = port
    self.close = close
  }
}

/// Opens the door of a sweep, on a port of this machine alone (0 for any free one), for those who show a token.
public typealias DoorOpener = @Sendable (_ sweep: RunID, _ port: Int, _ token: String) throws -> TrialDoor
