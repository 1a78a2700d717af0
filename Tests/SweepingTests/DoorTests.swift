import Glibc
import LocalLauncher
import Synchronization
import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

/// Opens doors that lead nowhere, and remembers which.
private final class Doors: Sendable {
  struct Opened: Equatable {
    var port: Int
    var token: String
  }

  let opened = Mutex<[Opened]>([])
  let closed = Atomic<Int>(0)
  let isTaken: Bool

  init(isTaken: Bool = false) { self.isTaken = isTaken }

  func open(_ port: Int, _ token: String) throws -> TrialDoor {
    if isTaken, port != 0 { throw TrackingError(.system, "port \(port) is taken") }
    let number = opened.withLock { opened in
      opened.append(Opened(port: port == 0 ? 4000 + opened.count : port, token: token))
      return opened[opened.count - 1].port
    }
    return TrialDoor(url: "http://127.0.0.1:\(number)", token: token, port: number) {
      self.closed.add(1, ordering: .relaxed)
    }
  }
}

@Suite(.timeLimit(.minutes(20))) struct DoorTests {
  private func driver(_ place: Workplace, _ doors: Doors, stop: StopRequest = StopRequest()) -> SweepDriver {
    SweepDriver(
      store: place.store, plugins: place.plugins, launcher: LocalLauncher(), paths: SweepPaths(root: place.root),
      runsExecutable: "/nonexistent/runs",
      environment: ["PATH": "/usr/bin:/bin", "MLFLOW_TRACKING_USERNAME": "me", "https_proxy": "http://proxy:3128"],
      clock: { Timestamp(milliseconds: Int64(time(nil)) * 1000) }, openDoor: { try doors.open($1, $2) }, stop: stop)
  }

  @Test func `a trial finds where to log as a client of MLflow`() throws {
    let (place, doors) = (try Workplace(), Doors())
    let command = """
      echo "$MLFLOW_TRACKING_URI $MLFLOW_TRACKING_TOKEN $MLFLOW_RUN_ID $MLFLOW_EXPERIMENT_ID $MLFLOW_EXPERIMENT_NAME"
      echo "${MLFLOW_TRACKING_USERNAME-none} $NO_PROXY"
      stat -c %a "$RUNS_STORE/locks/$RUNS_SWEEP_ID.door"; echo loss=1
      """
    let driver = driver(place, doors)
    let sweep = try driver.start(place.spec(command, trials: 1), source: "")
    #expect(try driver.drive(sweep).state == .finished)
    let token = doors.opened.withLock { $0[0].token }
    #expect(token.count == 32)
    let experiment = try place.store.experiment(named: "loop").id
    #expect(
      place.lines("jobs/\(sweep)-0.1/stdout") == [
        "http://127.0.0.1:4000 \(token) \(sweep)-0 \(experiment) loop", "none 127.0.0.1,localhost", "600", "loss=1",
      ])
    #expect(doors.closed.load(ordering: .relaxed) == 1)
    #expect(access(place.folder("locks/\(sweep).door"), F_OK) != 0)
  }

  @Test(arguments: [false, true])
  func `the next driver opens the same door, or another where the port is taken`(isTaken: Bool) throws {
    let (place, first, second) = (try Workplace(), Doors(), Doors(isTaken: isTaken))
    let stop = StopRequest()
    stop.request()
    let sweep = try driver(place, first).start(place.spec("echo loss=1", trials: 1), source: "")
    #expect(try driver(place, first, stop: stop).drive(sweep).state == .queued)
    #expect(try driver(place, second).drive(sweep).state == .finished)
    let (before, after) = (first.opened.withLock { $0[0] }, second.opened.withLock { $0[0] })
    #expect(before.token == after.token)
    #expect(before.port == 4000 && after.port == 4000)
  }

  @Test func `a door that cannot be opened is told, and trials run all the same`() throws {
    let place = try Workplace()
    let seen = Seen<String>()
    let driver = SweepDriver(
      store: place.store, plugins: place.plugins, launcher: LocalLauncher(), paths: SweepPaths(root: place.root),
      runsExecutable: "/nonexistent/runs", environment: ["PATH": "/usr/bin:/bin"],
      clock: { Timestamp(milliseconds: Int64(time(nil)) * 1000) },
      openDoor: { _, _, _ in throw TrackingError(.system, "there is no network") },
      observer: { seen.add($0.events.map(\.text)) })
    let sweep = try driver.start(place.spec("echo loss=1 ${MLFLOW_TRACKING_URI-none}", trials: 1), source: "")
    #expect(try driver.drive(sweep).state == .finished)
    #expect(place.lines("jobs/\(sweep)-0.1/stdout") == ["loss=1 none"])
    #expect(seen.all.contains("trials cannot log to MLflow's interface: there is no network"))
  }

  @Test func `the lines by which MLflow's client tells of its pages are no points`() throws {
    let place = try Workplace()
    let (sweep, _) = try place.drive(
      place.spec("echo '🏃 View run loss=3 at: http://127.0.0.1:5000/loss=4'; echo loss=1", trials: 1))
    #expect(try place.store.points(of: sweep.trial(0), metric: "loss").values == [1])
  }
}
