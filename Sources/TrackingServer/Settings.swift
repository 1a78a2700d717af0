public import Tracking

/// Where a server listens.
public enum ListeningAddress: Sendable, Equatable {
  /// A host and a TCP port; 0 for any free one.
  case tcp(host: String, port: Int)
  /// A socket file, made for its owner only, and removed at the end.
  case unix(path: String)
}

/// Where a server that was started listens.
public struct BoundAddress: Sendable, Equatable {
  /// The host, or empty for a unix socket.
  public var host: String
  /// The TCP port; 0 for a unix socket.
  public var port: Int
  /// The socket file; nil for TCP.
  public var path: String?

  /// What a client is pointed to: `http://127.0.0.1:5000`, or `unix:///path`.
  public var url: String {
    if let path { return "unix://" + path }
    return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
  }
}

extension TrackingServer {
  /// How a server behaves.
  public struct Settings: Sendable {
    /// Where to listen.
    public var address: ListeningAddress
    /// Who may do what.
    public var access: AccessRule
    /// Names beside `localhost`, `127.0.0.1`, `[::1]` and the address itself by which clients may call it (`Host`).
    public var allowedHosts: [String]
    /// The bounds of requests.
    public var limits: Limits
    /// The time.
    public var clock: Clock
    /// Random bits, for ids and names of runs.
    public var random: @Sendable () -> UInt64
    /// Told, in full words and at most once a minute for each kind, what is wrong with the store; called on any thread.
    public var report: @Sendable (String) -> Void = { _ in }
    /// Called on a thread of the server's, twice a second at most, when large answers have been sent: their memory can be
    /// given back to the system.
    public var returnMemory: @Sendable () -> Void = {}
    /// Whether the store gets the experiment 0, `Default`, that clients of MLflow begin with.
    public var makesDefaultExperiment = true

    /// Sets up a server; by default for this machine alone, on any free port, for everyone on it.
    public init(
      address: ListeningAddress = .tcp(host: "127.0.0.1", port: 0), access: AccessRule = .everyone,
      allowedHosts: [String] = [], limits: Limits = Limits(), clock: @escaping Clock = systemClock,
      random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
      self.address = address
      self.access = access
      self.allowedHosts = allowedHosts
      self.limits = limits
      self.clock = clock
      self.random = random
    }
  }

  /// What a server bears.
  public struct Limits: Sendable {
    /// How much of a body must come within `stallSeconds`, so that a byte now and then does not hold a connection.
    static let progressBytes = 4_096

    /// The largest body of a request that is read whole, in bytes.
    public var bodyBytes: Int
    /// The largest body of an upload, in bytes.
    public var uploadBytes: Int
    /// All header fields of a request together, in bytes.
    public var headerBytes: Int
    /// Connections at once; more wait to be accepted.
    public var connections: Int
    /// How long a connection may be idle between requests, in seconds.
    public var idleSeconds: Int
    /// How long a request may take to arrive without progress, in seconds: its head as a whole, of its body each
    /// `progressBytes` and the rest.
    public var stallSeconds: Int
    /// How long a stop waits for requests under way, in seconds.
    public var stopSeconds: Int
    /// Threads that read from the store.
    public var threads: Int

    /// Sets bounds.
    public init(
      bodyBytes: Int = 32 << 20, uploadBytes: Int = 64 << 30, headerBytes: Int = 32 << 10, connections: Int = 1000,
      idleSeconds: Int = 120, stallSeconds: Int = 30, stopSeconds: Int = 10, threads: Int = 8
    ) {
      self.bodyBytes = bodyBytes
      self.uploadBytes = uploadBytes
      self.headerBytes = headerBytes
      self.connections = connections
      self.idleSeconds = idleSeconds
      self.stallSeconds = stallSeconds
      self.stopSeconds = stopSeconds
      self.threads = threads
    }
  }
}
