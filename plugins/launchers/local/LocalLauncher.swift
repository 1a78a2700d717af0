private import Glibc
private import Synchronization
public import Tracking

/// Starts jobs as processes of this machine.
///
/// Each job has a supervisor, a `/bin/sh` in a session and process group of its own. The supervisor holds the file `job`
/// of the job's directory locked as long as it lives, notes its process id there before it starts the program, and the
/// program's exit code after it. So a job outlives the process that launched it, whoever finds its directory
/// later can tell how it stands, and a process id that was given to somebody else in the meantime deceives nobody.
public final class LocalLauncher: Launcher {
  /// What the launcher says of itself.
  public static let description = PluginDescription(
    kind: .launcher, name: "local",
    summary: "Starts jobs as processes of this machine; they outlive a sweep that was killed")

  private let known = Mutex<[String: Supervisor]>([:])

  /// Makes a launcher that knows no job yet; it finds those of others by their directories.
  public init() {}

  deinit { known.withLock { for supervisor in $0.values { close(supervisor.watch) } } }

  /// Starts a job; one that was started before, by whomever, is left alone.
  public func launch(_ job: Job) throws {
    try known.withLock { known in
      guard known[job.name] == nil else { return }
      let files = JobFiles(directory: job.directory)
      guard let lock = try files.takeLock() else { return }
      guard !files.wasStarted else { return JobFiles.release(lock) }
      do {
        known[job.name] = try Supervisor.start(job, files: files, lock: lock)
      } catch {
        JobFiles.release(lock)
        throw error
      }
      // The supervisor has inherited the lock and keeps it.
      close(lock)
    }
  }

  /// Returns a job's state. Once it is not `.running`, nothing of the job's process group runs any more.
  public func state(of name: String, in directory: String) throws -> JobState {
    try known.withLock { known in
      let files = JobFiles(directory: directory)
      if let supervisor = known[name] {
        guard supervisor.hasEnded else { return .running }
        supervisor.bury()
        // The group of a supervisor that is another's child cannot be told from a later one with its number.
        if !supervisor.isOwn { StrayProcesses.end(ofJobIn: directory) }
        close(supervisor.watch)
        known[name] = nil
        return files.recordedEnd ?? lost(directory)
      }
      if let end = files.recordedEnd { return end }
      guard files.exists else { return .unknown }
      // A lock that cannot be had is held by a supervisor that lives.
      guard let lock = try files.takeLock() else { return .running }
      JobFiles.release(lock)
      if let end = files.recordedEnd { return end }
      return files.wasStarted ? lost(directory) : .unknown
    }
  }

  private func lost(_ directory: String) -> JobState {
    StrayProcesses.end(ofJobIn: directory)
    return .lost
  }

  /// Sends SIGTERM to the job's process group.
  public func interrupt(_ name: String, in directory: String) throws { signal(SIGTERM, name, directory) }

  /// Sends SIGKILL to the job's process group, and to every process that carries the job's directory in its environment.
  public func kill(_ name: String, in directory: String) throws {
    if !signal(SIGKILL, name, directory) { StrayProcesses.end(ofJobIn: directory) }
  }

  /// Waits until a job has ended, for at most `milliseconds`.
  public func wait(for jobs: [(name: String, directory: String)], milliseconds: Int) throws {
    var watches: [pollfd] = []
    for job in jobs {
      guard let supervisor = supervisor(of: job.name, in: job.directory) else { return }
      watches.append(pollfd(fd: supervisor.watch, events: Int16(POLLIN), revents: 0))
    }
    // An interruption by a signal is a reason to look around, too.
    poll(&watches, nfds_t(watches.count), Int32(clamping: milliseconds))
  }

  @discardableResult
  private func signal(_ number: Int32, _ name: String, _ directory: String) -> Bool {
    guard let supervisor = supervisor(of: name, in: directory) else { return false }
    supervisor.signalGroup(number)
    return true
  }

  // The supervisor of a job that runs, adopted if another process launched it; nil when there is none.
  private func supervisor(of name: String, in directory: String) -> Supervisor? {
    known.withLock { known in
      if let supervisor = known[name] { return supervisor }
      known[name] = Supervisor.adopt(JobFiles(directory: directory))
      return known[name]
    }
  }
}
