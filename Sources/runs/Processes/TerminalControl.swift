internal import Glibc

/// Lends the terminal to a program in a process group of its own, so that it reads the keyboard and gets Ctrl-C.
struct TerminalControl {
  private let isOurs: Bool
  private let group = getpgrp()

  /// Looks whether the terminal is ours to lend: standard input is one, and we are in its foreground.
  init() {
    isOurs = isatty(0) == 1 && tcgetpgrp(0) == getpgrp()
    // A process in the background that hands the terminal over would be stopped.
    if isOurs { signal(SIGTTOU, SIG_IGN) }
  }

  /// Lends the terminal.
  func lend(to child: ChildProcess) { if isOurs { tcsetpgrp(0, child.id) } }

  /// Takes the terminal back.
  func takeBack() { if isOurs { tcsetpgrp(0, group) } }

  /// Stops ourselves when the program was stopped by Ctrl-Z, and goes on with it when we are continued.
  func followStop(of child: ChildProcess) {
    guard isOurs else { return }
    var information = siginfo_t()
    let found = waitid(P_PID, id_t(child.id), &information, Int32(WSTOPPED | WNOHANG))
    guard found == 0, information.si_signo == SIGCHLD else { return }
    takeBack()
    raise(SIGSTOP)
    lend(to: child)
    child.send(SIGCONT)
  }
}
