internal import Glibc
internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization
internal import Tracking

/// The socket that the server listens on, and its connections.
final class Listener: Sendable {
  private struct State {
    var channel: (any Channel)?
    var connections: [ObjectIdentifier: @Sendable () -> Void] = [:]
  }

  private let settings: TrackingServer.Settings
  private let responder: Responder
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let state = Monitor(State())

  init(settings: TrackingServer.Settings, routes: RouteTable, context: RouteContext) {
    self.settings = settings
    responder = Responder(
      routes: routes, work: context.work, rules: RequestRules(settings), limits: settings.limits, faults: context.faults
    )
  }

  /// Listens, and returns where.
  func start() throws -> BoundAddress {
    let limits = settings.limits
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 512)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AvailableConnectionsChannelHandler(maxConnections: limits.connections))
        }
      }
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try setUp(channel) }
      }
      .childChannelOption(.maxMessagesPerRead, value: 4)
    do {
      let channel: any Channel
      switch settings.address {
      case .tcp(let host, let port):
        channel = try bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1).bind(host: host, port: port)
          .wait()
      case .unix(let path):
        channel = try UnixSocket.bind(bootstrap, path)
      }
      state.change { $0.channel = channel }
      return bound(channel)
    } catch let error as TrackingError {
      try? group.syncShutdownGracefully()
      throw error
    } catch {
      try? group.syncShutdownGracefully()
      let cause = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw TrackingError(.system, "the server cannot listen on \(settings.address.text): \(cause)")
    }
  }

  private func bound(_ channel: any Channel) -> BoundAddress {
    switch settings.address {
    case .tcp(let host, let port): BoundAddress(host: host, port: channel.localAddress?.port ?? port)
    case .unix(let path): BoundAddress(host: "", port: 0, path: path)
    }
  }

  private func setUp(_ channel: any Channel) throws {
    let limits = settings.limits
    var decoding = NIOHTTPDecoderLimitConfiguration()
    decoding.maxHeaderFieldSize = limits.headerBytes
    decoding.maxHeaderListSize = limits.headerBytes
    decoding.maxHeaderFieldCount = 100
    let connection = Connection(responder: responder, limits: limits)
    try channel.pipeline.syncOperations.addHandlers([
      ByteToMessageHandler(
        HTTPRequestDecoder(
          leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: decoding)),
      connection,
    ])
    let id = ObjectIdentifier(connection)
    let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
    let loop = channel.eventLoop
    state.change { $0.connections[id] = { loop.execute { bound.value.stop() } } }
    channel.closeFuture.whenComplete { [state] _ in
      state.change { _ = $0.connections.removeValue(forKey: id) }
    }
  }

  /// Closes the socket, lets connections answer what they have, and ends.
  func stop() {
    let channel = state.change { $0.channel }
    try? channel?.close().wait()
    // Asked again, because one that was just accepted may be added.
    for finish in state.change({ Array($0.connections.values) }) { finish() }
    let all: Void? = state.wait(seconds: Double(settings.limits.stopSeconds)) { $0.connections.isEmpty ? () : nil }
    _ = all
    try? group.syncShutdownGracefully()
    if case .unix(let path) = settings.address { UnixSocket.remove(path) }
  }
}

extension ListeningAddress {
  /// The address as people write it.
  var text: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
