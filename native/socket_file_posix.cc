// The part of socket_file.h that is the same on Linux and macOS.
#include <sys/file.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "socket_file.h"

namespace sockinfo {

int TryLock(int fd) {
  return RetryOnEintr([fd] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0 ? 0 : -errno;
}

}  // namespace sockinfo
