import Foundation
import Glibc
import LocalLauncher
import Testing
import Tracking
import TrackingContracts

@Suite(.timeLimit(.minutes(20))) struct LocalLauncherTests {
  let directory = ScratchFolder()

  @Test(arguments: LauncherContract.cases)
  func `the local launcher keeps the contract`(of demand: ContractCase<LauncherContract.Subject>) throws {
    try demand.check(LauncherContract.Subject(directory: directory.path) { LocalLauncher() })
  }

  func job(_ name: String, _ script: String) throws -> Job {
    let home = directory.path + "/" + name
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    return Job(
      name: name, arguments: ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"],
      workingDirectory: home, directory: home)
  }

  func fifo(_ name: String) -> String {
    mkfifo(directory.path + "/" + name, 0o600)
    return directory.path + "/" + name
  }

  // Reads a file or a fifo to its end.
  func read(_ path: String) throws -> String {
    let file = try #require(FileHandle(forReadingAtPath: path))
    return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
  }

  func isAlive(_ id: pid_t) -> Bool {
    guard let status = try? read("/proc/\(id)/stat"), let end = status.lastIndex(of: ")") else { return false }
    return status[end...].dropFirst(2).first != "Z"
  }

  func end(of job: Job, _ launcher: LocalLauncher) throws -> JobState {
    for _ in 0..<60 where try launcher.state(of: job.name, in: job.directory) == .running {
      try launcher.wait(for: [(job.name, job.directory)], milliseconds: 1000)
    }
    return try launcher.state(of: job.name, in: job.directory)
  }

  @Test(arguments: [false, true])
  func `a job whose supervisor was killed is lost, and nothing of it runs on`(adopted: Bool) throws {
    let launcher = LocalLauncher()
    let ready = fifo("ready")
    let job = try job("lost.1", "sleep 300 & echo $! $$ > \(ready); wait")
    try launcher.launch(job)
    let strays = try read(ready).split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    let observer = adopted ? LocalLauncher() : launcher
    let supervisor = try #require(pid_t(read(job.directory + "/job").dropLast()))
    kill(supervisor, SIGKILL)
    #expect(try end(of: job, observer) == .lost)
    #expect(strays.count == 2)
    for stray in strays { #expect(!isAlive(stray)) }
    // It stays lost, for everybody.
    #expect(try LocalLauncher().state(of: job.name, in: job.directory) == .lost)
  }

  @Test func `a job whose whole group was killed is lost`() throws {
    let launcher = LocalLauncher()
    let ready = fifo("ready")
    let job = try job("lost.1", "echo ready > \(ready); sleep 300")
    try launcher.launch(job)
    #expect(try read(ready) == "ready\n")
    let supervisor = try #require(pid_t(read(job.directory + "/job").dropLast()))
    kill(-supervisor, SIGKILL)
    #expect(try end(of: job, launcher) == .lost)
  }

  @Test func `a job whose program was killed ended by that signal`() throws {
    let launcher = LocalLauncher()
    let ready = fifo("ready")
    let job = try job("killed.1", "echo $$ > \(ready); while :; do sleep 0.01; done")
    try launcher.launch(job)
    let program = try #require(pid_t(read(ready).dropLast()))
    kill(program, SIGKILL)
    #expect(try end(of: job, launcher) == .signaled(SIGKILL))
  }

  @Test func `a process id that belongs to another process now is neither alive nor ended`() throws {
    let launcher = LocalLauncher()
    let (ready, gate) = (fifo("ready"), fifo("gate"))
    let stranger = try job("stranger.1", "echo ready > \(ready); cat < \(gate)")
    try launcher.launch(stranger)
    #expect(try read(ready) == "ready\n")
    let supervisor = try read(stranger.directory + "/job")
    // A job of which only the number is left, and the number has gone to the stranger.
    let job = try job("old.1", "true")
    try Data(supervisor.utf8).write(to: URL(filePath: job.directory + "/job"))
    let later = LocalLauncher()
    try later.kill(job.name, in: job.directory)
    #expect(try later.state(of: job.name, in: job.directory) == .lost)
    #expect(try launcher.state(of: stranger.name, in: stranger.directory) == .running)
    close(open(gate, O_WRONLY))
    #expect(try end(of: stranger, launcher) == .exited(0))
  }

  @Test(arguments: [
    ("", JobState.unknown), ("12", .lost), ("4194303\n", .lost), ("4194303\n3", .lost), ("4194303\n3\n", .exited(3)),
  ])
  func `a job that was left at any point of its record is told as it is`(record: String, state: JobState) throws {
    let job = try job("left.1", "true")
    try Data(record.utf8).write(to: URL(filePath: job.directory + "/job"))
    #expect(try LocalLauncher().state(of: job.name, in: job.directory) == state)
  }

  @Test func `a job does not inherit the descriptors of the process that launched it`() throws {
    let launcher = LocalLauncher()
    let job = try job("closed.1", "ls /proc/self/fd")
    try launcher.launch(job)
    #expect(try end(of: job, launcher) == .exited(0))
    // 3 is the listing's own.
    #expect(try read(job.directory + "/stdout").split(separator: "\n") == ["0", "1", "2", "3"])
  }

  @Test func `waiting ends when a job has ended, long before the time is up`() throws {
    let launcher = LocalLauncher()
    let job = try job("short.1", "exit 0")
    try launcher.launch(job)
    try launcher.wait(for: [(job.name, job.directory)], milliseconds: 60_000)
    #expect(try launcher.state(of: job.name, in: job.directory) == .exited(0))
  }
}
