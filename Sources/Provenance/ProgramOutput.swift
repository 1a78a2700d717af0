internal import Glibc

/// Runs a program and returns what it wrote to standard output; nil when it cannot be started or ends with another exit code
/// than 0. What it writes to standard error is dropped.
///
/// - Parameters:
///   - environment: its whole environment; nil for this process's.
///   - limit: more bytes than this are not wanted: nil is returned.
func output(of arguments: [String], environment: [String: String]? = nil, limit: Int = 64 << 20) -> [UInt8]? {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  defer { close(ends[0]) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
  let argumentPointers = arguments.map { strdup($0) } + [nil]
  let environmentPointers = (environment ?? [:]).map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
  var id: pid_t = 0
  let isStarted =
    environment == nil
    ? posix_spawnp(&id, arguments[0], &actions, nil, argumentPointers, environ) == 0
    : posix_spawnp(&id, arguments[0], &actions, nil, argumentPointers, environmentPointers) == 0
  close(ends[1])
  guard isStarted else { return nil }
  var found: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  var isTooMuch = false
  while true {
    let count = read(ends[0], &piece, piece.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { break }
    isTooMuch = isTooMuch || found.count + count > limit
    if !isTooMuch { found.append(contentsOf: piece[..<count]) }
  }
  var end: Int32 = 0
  while waitpid(id, &end, 0) < 0, errno == EINTR {}
  return end == 0 && !isTooMuch ? found : nil
}
