// The part of own_socket.h that needs macOS: socket(2), fcntl(2).
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "own_socket.h"
#include "retry_on_eintr.h"

namespace sockinfo {

int OpenStreamSocket(int family) {
  const int fd = RetryOnEintr([family] { return socket(family, SOCK_STREAM, 0); });
  if (fd < 0) return -errno;
  // macOS has no SOCK_CLOEXEC.
  if (RetryOnEintr([fd] { return fcntl(fd, F_SETFD, FD_CLOEXEC); }) == 0) return fd;
  const int error = errno;
  CloseDescriptor(fd);
  return -error;
}

}  // namespace sockinfo
