// What Swift cannot call because glibc keeps it for C with _GNU_SOURCE, declares it with `...`, or keeps it in a header of its own.
#pragma once
#include <malloc.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

// <unistd.h> and <spawn.h> may have been read without _GNU_SOURCE; these are the prototypes of glibc 2.34 and later.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
extern int pipe2(int descriptors[2], int flags);
extern long syscall(long number, ...);

// POSIX_SPAWN_SETSID of <spawn.h>.
static const short runs_spawn_setsid = 0x80;

// Returns a descriptor that is readable once the process has ended; -1 with errno.
static inline int runs_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
