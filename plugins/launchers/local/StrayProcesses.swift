private import CProcess
private import Glibc

/// Processes that a job left behind when its supervisor was killed: found by the job's directory in their environment,
/// since a group's number may belong to somebody else by then.
enum StrayProcesses {
  /// The environment variable that carries the job's directory, which no two jobs of a machine share.
  static let variable = "RUNS_JOB_DIR"

  /// Kills every process of a job and waits until they are gone, for at most a second.
  static func end(ofJobIn directory: String) {
    let entry = [0] + Array("\(variable)=\(directory)".utf8) + [0]
    var waits = 0
    while true {
      let strays = processes(withEnvironmentEntry: entry)
      if strays.isEmpty || waits == 200 { return }
      for id in strays { Glibc.kill(id, SIGKILL) }
      usleep(5000)
      waits += 1
    }
  }

  private static func processes(withEnvironmentEntry entry: [UInt8]) -> [pid_t] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [pid_t] = []
    while let item = readdir(directory) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let id = pid_t(name), id != getpid() else { continue }
      let environment = contents(of: "/proc/\(id)/environ")
      if contains(environment, entry) { found.append(id) }
    }
    return found
  }

  // A process without memory of its own (a zombie) has an empty environment.
  private static func contents(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var all: [UInt8] = [0]
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { return all }
      all += piece[..<count]
    }
  }

  private static func contains(_ environment: [UInt8], _ entry: [UInt8]) -> Bool {
    guard environment.count > entry.count else { return false }
    return environment.withUnsafeBytes { haystack in
      entry.withUnsafeBytes { needle in
        memmem(haystack.baseAddress!, haystack.count, needle.baseAddress!, needle.count) != nil
      }
    }
  }
}
