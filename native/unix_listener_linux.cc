// Linux: unix(7).
#include <sys/socket.h>

#include <cerrno>

#include "unix_listener.h"

namespace sockinfo {

int OpenUnixSocket() {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

int SetModeOfPath(const char*, unsigned) { return -ENOSYS; }

}  // namespace sockinfo
