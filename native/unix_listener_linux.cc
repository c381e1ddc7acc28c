// Linux: unix(7), chown(2), chmod(2).
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "unix_listener.h"

namespace sockinfo {

namespace {

// The number is the same on every processor. Headers older than Linux 6.6 lack it, and no libc has the call.
constexpr long kFchmodat2 = 452;

}  // namespace

int OpenStreamSocket(int family) {
  const int fd = RetryOnEintr([family] { return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); });
  return fd < 0 ? -errno : fd;
}

int SetModeOfPath(const char*, unsigned) { return -ENOSYS; }

int SetOwnerOfFile(int fd, unsigned uid, unsigned gid) {
  return RetryOnEintr([=] { return fchownat(fd, "", uid, gid, AT_EMPTY_PATH); }) == 0 ? 0 : -errno;
}

int SetModeOfFile(int fd, unsigned mode) {
  return RetryOnEintr([=] { return syscall(kFchmodat2, fd, "", mode, AT_EMPTY_PATH); }) == 0 ? 0 : -errno;
}

}  // namespace sockinfo
