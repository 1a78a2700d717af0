private import Glibc
internal import Testing
public import Tracking

/// What every launcher must do.
public enum LauncherContract {
  /// A launcher to check, with what a case needs round it.
  public struct Subject: Sendable {
    /// Makes a launcher that knows nothing yet, as a process does that was just started.
    public var makeLauncher: @Sendable () -> any Launcher
    /// An empty directory of this case alone, absolute.
    public var directory: String

    /// Describes a launcher to check.
    public init(directory: String, makeLauncher: @escaping @Sendable () -> any Launcher) {
      self.directory = directory
      self.makeLauncher = makeLauncher
    }
  }

  /// The demands.
  public static let cases: [ContractCase<Subject>] = [
    ContractCase("a job runs to its end and its exit code is told") { subject in
      let launcher = subject.makeLauncher()
      for code in [0, 1, 7, 128, 255] as [Int32] {
        let job = try subject.job("code\(code).1", "exit \(code)")
        try launcher.launch(job)
        #expect(try end(of: job, launcher) == .exited(code))
      }
    },
    ContractCase("a job that nobody launched is unknown") { subject in
      let job = try subject.job("never.1", "true")
      #expect(try subject.makeLauncher().state(of: job.name, in: job.directory) == .unknown)
    },
    ContractCase("what a job writes is in stdout and stderr of its directory") { subject in
      let launcher = subject.makeLauncher()
      let job = try subject.job("words.1", "echo one; echo two >&2; echo three")
      try launcher.launch(job)
      #expect(try end(of: job, launcher) == .exited(0))
      #expect(try contents(of: job.directory + "/stdout") == "one\nthree\n")
      #expect(try contents(of: job.directory + "/stderr") == "two\n")
    },
    ContractCase("a job gets its arguments, its environment and its working directory, and an empty input") { subject in
      let launcher = subject.makeLauncher()
      var job = try subject.job("given.1", "")
      mkdir(job.directory + "/here", 0o755)
      job.workingDirectory = job.directory + "/here"
      job.environment["WORD"] = "it's $HOME \"quoted\"\n"
      job.arguments = [
        "/bin/sh", "-c", #"printf '%s|%s|%s|' "$1" "$WORD" "${OTHER-none}"; pwd; cat"#, "name", "a  'b' \\ $c",
      ]
      try launcher.launch(job)
      #expect(try end(of: job, launcher) == .exited(0))
      let here = job.directory + "/here"
      #expect(
        try contents(of: job.directory + "/stdout") == "a  'b' \\ $c|it's $HOME \"quoted\"\n|none|\(here)\n")
    },
    ContractCase("launching a name twice starts it once, from the same process or another") { subject in
      let launcher = subject.makeLauncher()
      let job = try subject.job("twice.1", "echo start; cat < \(subject.directory)/gate >/dev/null")
      let gate = subject.fifo("gate")
      try launcher.launch(job)
      try launcher.launch(job)
      try subject.makeLauncher().launch(job)
      open(gate)
      #expect(try end(of: job, launcher) == .exited(0))
      try launcher.launch(job)
      try subject.makeLauncher().launch(job)
      #expect(try end(of: job, launcher) == .exited(0))
      #expect(try contents(of: job.directory + "/stdout") == "start\n")
    },
    ContractCase("a process that was started later finds a job while it runs and after its end") { subject in
      let gate = subject.fifo("gate")
      let job = try subject.job("found.1", "cat < \(gate) >/dev/null; exit 3")
      try subject.makeLauncher().launch(job)
      let later = subject.makeLauncher()
      #expect(try later.state(of: job.name, in: job.directory) == .running)
      open(gate)
      #expect(try end(of: job, later) == .exited(3))
      #expect(try end(of: job, subject.makeLauncher()) == .exited(3))
    },
    ContractCase("an interrupt reaches the whole process group as SIGTERM") { subject in
      for later in [false, true] {
        let launcher = subject.makeLauncher()
        let ready = subject.fifo("ready\(later)")
        let job = try subject.job("interrupted\(later).1", "sleep 300 & echo ready > \(ready); wait")
        try launcher.launch(job)
        #expect(try contents(of: ready) == "ready\n")
        let actor = later ? subject.makeLauncher() : launcher
        try actor.interrupt(job.name, in: job.directory)
        #expect(try end(of: job, actor) == .signaled(SIGTERM))
      }
    },
    ContractCase("a job may answer SIGTERM with an exit code of its own") { subject in
      let launcher = subject.makeLauncher()
      let ready = subject.fifo("ready")
      let job = try subject.job(
        "polite.1", "trap 'echo saved; exit 4' TERM; echo ready > \(ready); while :; do sleep 0.01; done")
      try launcher.launch(job)
      #expect(try contents(of: ready) == "ready\n")
      try launcher.interrupt(job.name, in: job.directory)
      #expect(try end(of: job, launcher) == .exited(4))
      #expect(try contents(of: job.directory + "/stdout") == "saved\n")
    },
    ContractCase("a job that ignores SIGTERM runs until it is killed, with its descendants") { subject in
      for later in [false, true] {
        let launcher = subject.makeLauncher()
        let ready = subject.fifo("ready\(later)")
        let job = try subject.job(
          "stubborn\(later).1", "trap '' TERM; sleep 300 & echo $! > \(ready); while :; do sleep 0.01; done")
        try launcher.launch(job)
        let descendant = try #require(pid_t(contents(of: ready).dropLast()))
        let actor = later ? subject.makeLauncher() : launcher
        try actor.interrupt(job.name, in: job.directory)
        #expect(try actor.state(of: job.name, in: job.directory) == .running)
        try actor.kill(job.name, in: job.directory)
        let state = try end(of: job, actor)
        #expect(state == .lost || state == .signaled(SIGKILL))
        #expect(isGone(descendant))
      }
    },
    ContractCase("what a job leaves in its process group ends with it") { subject in
      let launcher = subject.makeLauncher()
      let job = try subject.job("leaving.1", "sleep 300 & echo $!")
      try launcher.launch(job)
      #expect(try end(of: job, launcher) == .exited(0))
      let descendant = try #require(pid_t(contents(of: job.directory + "/stdout").dropLast()))
      #expect(isGone(descendant))
    },
    ContractCase("interrupting or killing what does not run does nothing") { subject in
      let launcher = subject.makeLauncher()
      let job = try subject.job("idle.1", "true")
      try launcher.interrupt(job.name, in: job.directory)
      try launcher.kill(job.name, in: job.directory)
      #expect(try launcher.state(of: job.name, in: job.directory) == .unknown)
      try launcher.launch(job)
      #expect(try end(of: job, launcher) == .exited(0))
      try launcher.interrupt(job.name, in: job.directory)
      try launcher.kill(job.name, in: job.directory)
      #expect(try launcher.state(of: job.name, in: job.directory) == .exited(0))
    },
    ContractCase("a job that cannot be started is refused with .system") { subject in
      var job = try subject.job("nowhere.1", "true")
      job.workingDirectory = job.directory + "/missing"
      #expect {
        try subject.makeLauncher().launch(job)
      } throws: {
        ($0 as? TrackingError)?.code == .system
      }
    },
    ContractCase("many jobs run side by side, each with its own end") { subject in
      let launcher = subject.makeLauncher()
      let jobs = try (0..<40).map { try subject.job("many\($0).1", "exit \($0)") }
      for job in jobs { try launcher.launch(job) }
      for (code, job) in jobs.enumerated() { #expect(try end(of: job, launcher) == .exited(Int32(code))) }
    },
  ]

  // Waits for the end of a job; a job that does not end in a minute is reported as running.
  private static func end(of job: Job, _ launcher: any Launcher) throws -> JobState {
    var patience = 60
    while try launcher.state(of: job.name, in: job.directory) == .running, patience > 0 {
      try launcher.wait(for: [(job.name, job.directory)], milliseconds: 1000)
      patience -= 1
    }
    return try launcher.state(of: job.name, in: job.directory)
  }

  // Opens a fifo that a job reads, and closes it again: the job goes on.
  private static func open(_ fifo: String) { close(Glibc.open(fifo, O_WRONLY | O_CLOEXEC)) }

  // A process that was killed is gone, or a zombie until its parent has noticed.
  private static func isGone(_ id: pid_t) -> Bool {
    for _ in 0..<2000 {
      guard let status = try? contents(of: "/proc/\(id)/stat"), let end = status.lastIndex(of: ")") else { return true }
      if status[end...].dropFirst(2).first == "Z" { return true }
      usleep(1000)
    }
    return false
  }

  // Reads a file or fifo to its end; a fifo is waited for.
  private static func contents(of path: String) throws -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TrackingError(.notFound, "no file \(path)") }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { return String(decoding: all, as: UTF8.self) }
      all += piece[..<count]
    }
  }
}

extension LauncherContract.Subject {
  fileprivate func job(_ name: String, _ script: String) throws -> Job {
    let home = directory + "/" + name
    guard mkdir(home, 0o755) == 0 else { throw TrackingError(.system, "cannot make \(home)") }
    return Job(
      name: name, arguments: ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"],
      workingDirectory: home, directory: home)
  }

  fileprivate func fifo(_ name: String) -> String {
    mkfifo(directory + "/" + name, 0o600)
    return directory + "/" + name
  }
}
