// The part of own_socket.h that needs Linux: socket(2).
#include <sys/socket.h>

#include <cerrno>

#include "own_socket.h"
#include "retry_on_eintr.h"

namespace sockinfo {

int OpenStreamSocket(int family) {
  const int fd = RetryOnEintr([family] { return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0); });
  return fd < 0 ? -errno : fd;
}

}  // namespace sockinfo
