// Sets owner and mode of a socket file, and locks the file that guards it. Plain C++, no Node.
#pragma once

namespace sockinfo {

// Each function returns 0 or -errno. A call that a signal interrupts is repeated.

// fchmodat(path, mode, AT_SYMLINK_NOFOLLOW). macOS. -ENOSYS on Linux, where the C libraries differ.
int SetModeOfPath(const char* path, unsigned mode);

// fchownat(fd, "", uid, gid, AT_EMPTY_PATH). Linux. -ENOSYS on macOS. `fd` may be an O_PATH descriptor.
int SetOwnerOfFile(int fd, unsigned uid, unsigned gid);

// fchmodat2(fd, "", mode, AT_EMPTY_PATH). Linux 6.6. -ENOSYS before, and on macOS. `fd` may be an O_PATH descriptor.
int SetModeOfFile(int fd, unsigned mode);

// flock(fd, LOCK_EX | LOCK_NB). -EWOULDBLOCK while another open file holds the lock. The kernel releases the lock when
// the last copy of the descriptor closes, also when the process is killed.
int TryLock(int fd);

}  // namespace sockinfo
