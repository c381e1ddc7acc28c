// The part of socket_file.h that needs Linux: chown(2), chmod(2).
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "socket_file.h"

namespace sockinfo {

namespace {

// fchmodat2 has this number on every architecture. Headers older than Linux 6.6 do not define it, and no C library
// wraps the call.
constexpr long kFchmodat2 = 452;

}  // namespace

int SetModeOfPath(const char*, unsigned) { return -ENOSYS; }

int SetOwnerOfFile(int fd, unsigned uid, unsigned gid) {
  return RetryOnEintr([=] { return fchownat(fd, "", uid, gid, AT_EMPTY_PATH); }) == 0 ? 0 : -errno;
}

int SetModeOfFile(int fd, unsigned mode) {
  return RetryOnEintr([=] { return syscall(kFchmodat2, fd, "", mode, AT_EMPTY_PATH); }) == 0 ? 0 : -errno;
}

}  // namespace sockinfo
