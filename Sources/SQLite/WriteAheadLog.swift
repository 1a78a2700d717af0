import Glibc
import SQL

/// Makes commits durable by syncing the write-ahead log outside the write lock.
///
/// SQLite's own `synchronous=FULL` syncs while it holds the write lock, so that writers queue behind the disk. Here a
/// commit only writes the log (`synchronous=NORMAL`), gives the lock back, and then waits for one sync of the log file,
/// which covers every commit before it, of whatever thread or process: writers sync together.
/// A reader may thus see a commit a moment before it is durable; its writer is not answered before it is.
final class WriteAheadLog: @unchecked Sendable {  // `mutex` protects every variable; `syncing` is its own lock.
  private let path: String
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let syncing = FairLock()
  private var file: Int32 = -1
  private var committed: UInt64 = 0
  private var synced: UInt64 = 0
  private var failure: SQLError?
  private var thread: pthread_t?
  private var isClosing = false

  /// Seconds between a relaxed commit and its sync.
  ///
  /// With the time of the sync itself it stays under a second.
  private static let delay = 0.5

  /// - Parameter database: the path of the database file.
  init(database: String) {
    path = database + "-wal"
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    if file >= 0 { Glibc.close(file) }
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Notes a commit; to be called while the write lock is held.
  ///
  /// - Returns: the number of the commit, for `sync(upTo:)`.
  func noteCommit() -> UInt64 {
    locked {
      committed += 1
      return committed
    }
  }

  /// Returns when the commit of that number is on the disk.
  func sync(upTo number: UInt64) throws {
    if locked({ synced >= number }) { return }
    try syncing.withLock {
      // Whoever came while we waited may have synced ours with theirs.
      if locked({ synced >= number }) { return }
      let reached = locked { committed }
      try syncFile()
      locked { synced = reached }
    }
  }

  /// Has everything that is committed by now synced within a second, by a thread of its own.
  func syncSoon() throws {
    try locked {
      if let failure {
        self.failure = nil
        throw failure
      }
      guard thread == nil, !isClosing else {
        pthread_cond_signal(changed)
        return
      }
      var started = pthread_t()
      let context = Unmanaged.passRetained(self)
      let status = pthread_create(
        &started, nil,
        { context in
          Unmanaged<WriteAheadLog>.fromOpaque(context!).takeRetainedValue().syncUntilClosed()
          return nil
        }, context.toOpaque())
      guard status == 0 else {
        context.release()
        throw SQLError(.other, "no thread could be started to sync '\(path)': \(errorText(status)).")
      }
      thread = started
    }
  }

  /// Syncs what is left and ends the thread.
  func close() throws {
    let running = locked {
      isClosing = true
      pthread_cond_signal(changed)
      let running = thread
      thread = nil
      return running
    }
    if let running { pthread_join(running, nil) }
    try sync(upTo: locked { committed })
    if let failure = locked({ failure }) { throw failure }
  }

  private func syncUntilClosed() {
    pthread_mutex_lock(mutex)
    while !isClosing {
      while !isClosing && committed == synced { pthread_cond_wait(changed, mutex) }
      var deadline = timespec()
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      deadline.tv_nsec += Int(Self.delay * 1e9)
      deadline.tv_sec += deadline.tv_nsec / 1_000_000_000
      deadline.tv_nsec %= 1_000_000_000
      while !isClosing && pthread_cond_timedwait(changed, mutex, &deadline) == 0 {}
      if isClosing { break }
      let reached = committed
      pthread_mutex_unlock(mutex)
      do {
        try sync(upTo: reached)
        pthread_mutex_lock(mutex)
      } catch {
        pthread_mutex_lock(mutex)
        failure = error as? SQLError
      }
    }
    pthread_mutex_unlock(mutex)
  }

  private func syncFile() throws {
    if file < 0 {
      // SQLite keeps its locks on the database and the -shm file, so that a descriptor of ours on the log is harmless.
      file = open(path, O_RDWR | O_CLOEXEC)
      guard file >= 0 else { throw SQLError(.cannotOpen, "'\(path)' cannot be opened: \(errorText(errno)).") }
      try syncFolderOfYoungLog()
    }
    guard fdatasync(file) == 0 else {
      let isFull = [ENOSPC, EDQUOT].contains(errno)
      throw SQLError(
        isFull ? .full : .disk,
        "'\(path)' could not be synced: \(errorText(errno)). What was just written is visible, "
          + "and a power cut may lose it.")
    }
  }

  /// Makes sure that a log which was made a moment ago, by whomever, is found again after a power cut.
  ///
  /// A log is never cut, so that one which has grown has long been in its folder.
  private func syncFolderOfYoungLog() throws {
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_size < Self.youngBytes else { return }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let opened = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if opened >= 0 { Glibc.close(opened) } }
    guard opened >= 0, fsync(opened) == 0 else {
      throw SQLError(.disk, "the folder of '\(path)' could not be synced: \(errorText(errno)).")
    }
  }

  private static let youngBytes = 256 << 10

  private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}

/// What the system says of an error number.
func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
