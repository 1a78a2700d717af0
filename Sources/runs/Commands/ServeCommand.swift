internal import ArgumentParser
internal import Glibc
internal import Tracking
internal import TrackingServer

/// `runs serve`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves the store to MLflow clients, and to any other, over HTTP.",
    usage: "runs serve [--host <host>] [--port <port> | --unix <path>] [<options>]",
    discussion: """
      An MLflow client of any language logs here when its MLFLOW_TRACKING_URI names the server. The line on standard \
      error tells when it listens, and where. Ctrl-C or SIGTERM ends it after it has answered what it took. Other machines \
      reach it with --host only, and then each request must bring a token.

      Examples:
        runs serve
        runs serve --port 0 --store experiments/.runs
        MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python train.py
        runs serve --unix /run/user/1000/runs.sock
      """)

  @Option(
    help: ArgumentHelp("The address to listen on; other machines reach any but 127.0.0.1 and ::1.", valueName: "host"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The TCP port; 0 for any free one.", valueName: "port"))
  var port = 5000

  @Option(
    help: ArgumentHelp("Listen on a socket file instead, for this user only.", valueName: "path"), completion: .file())
  var unix: String?

  @Option(
    help: ArgumentHelp("A further name by which clients may call the server; can be repeated.", valueName: "name"))
  var allowedHost: [String] = []

  @Flag(help: "Ask each request of this machine for a token too.")
  var requireToken = false

  @OptionGroup var common: GlobalOptions

  /// Refuses what cannot be listened on.
  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535.") }
  }

  /// Serves until a signal ends it.
  func run() throws {
    Allocator.beSparing()
    let store = try common.openOrMakeStore()
    let address = unix.map { ListeningAddress.unix(path: $0) } ?? .tcp(host: host, port: port)
    let tokens = StoreTokens()
    try tokens.read(store.tracking)
    var settings = TrackingServer.Settings(address: address, access: try access(tokens), allowedHosts: allowedHost)
    settings.report = { complain($0) }
    settings.returnMemory = { Allocator.giveBack() }
    let server = TrackingServer(store: store.tracking, artifacts: store.artifacts, settings: settings)
    let wake = try Interrupts.watch()
    let bound = try server.start()
    remark("serving \(store.folder) at \(bound.url)")
    while Interrupts.count == 0 {
      var ready = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
      // What is made or revoked meanwhile counts two seconds later.
      _ = poll(&ready, 1, 2000)
      Interrupts.drain()
      try? tokens.read(store.tracking)
    }
    try stop(server, wake)
  }

  // Answers what was taken; whoever asks a second time does not wait for that.
  private func stop(_ server: TrackingServer, _ wake: Int32) throws {
    let stopped = try makePipe()
    let thread = try SystemThread {
      server.stop()
      close(stopped.writer)
    }
    var ends = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0), pollfd(fd: stopped.reader, events: 0, revents: 0)]
    while ends[1].revents == 0 {
      _ = poll(&ends, 2, -1)
      Interrupts.drain()
      guard Interrupts.count > 1 else { continue }
      remark("stopped at once; requests under way were not answered")
      Output.flush()
      // Not by `exit`, which would wait for the threads that work on them.
      _exit(128 + Interrupts.signal)
    }
    thread.join()
  }

  // This machine's users are trusted with a loopback address; everyone else brings a token.
  private func access(_ tokens: StoreTokens) throws -> AccessRule {
    let isLocal = unix != nil || ["127.0.0.1", "::1", "localhost"].contains(host)
    if isLocal, !requireToken { return .everyone }
    guard !tokens.isEmpty else {
      let who = isLocal ? "--require-token asks for a token" : "--host \(host) lets other machines in"
      throw CommandFailure(
        .usage, "\(who), and the store has no token; `runs token create --scope log` makes one")
    }
    return AccessRule { token in token.flatMap(tokens.grant) }
  }
}
