// What Swift cannot call because glibc declares it with `...` or not at all.
#pragma once
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

// Returns a descriptor that is readable once the process has ended; -1 with errno.
static inline int runs_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
