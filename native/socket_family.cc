// Address families by POSIX calls that every port answers alike.
#include <sys/socket.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "socket_info.h"

namespace sockinfo {

const int kUnixFamily = AF_UNIX;
const int kInternetFamily = AF_INET;

namespace {

template <class Ask>
int FamilyBy(Ask ask, int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (RetryOnEintr([&] { return ask(fd, reinterpret_cast<sockaddr*>(&address), &length); }) != 0) return -errno;
  return address.ss_family;
}

}  // namespace

int PeerFamily(int fd) { return FamilyBy(getpeername, fd); }

int LocalFamily(int fd) { return FamilyBy(getsockname, fd); }

}  // namespace sockinfo
