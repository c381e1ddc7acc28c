// Address families by POSIX calls that every port answers alike.
#include <sys/socket.h>

#include <cerrno>

#include "socket_info.h"

namespace sockinfo {

const int kUnixFamily = AF_UNIX;

int PeerFamily(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -errno;
  return address.ss_family;
}

int LocalFamily(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -errno;
  return address.ss_family;
}

}  // namespace sockinfo
