// The part of socket_info.h that is the same on Linux and macOS.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "getsockopt.h"
#include "retry_on_eintr.h"
#include "socket_info.h"

namespace sockinfo {

const int kUnixFamily = AF_UNIX;
const int kInternetFamily = AF_INET;

namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// The option's value, or -errno.
int ReadNumber(int fd, int option) {
  int number = 0;
  const int length = GetSocketOption(fd, SOL_SOCKET, option, &number, sizeof number);
  return length < 0 ? length : number;
}

template <class GetName>
int FamilyBy(GetName get_name, int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (RetryOnEintr([&] { return get_name(fd, reinterpret_cast<sockaddr*>(&address), &length); }) != 0) return -errno;
  return address.ss_family;
}

}  // namespace

int PeerFamily(int fd) { return FamilyBy(getpeername, fd); }

int LocalFamily(int fd) { return FamilyBy(getsockname, fd); }

int ReadUnixPath(int fd, void* out, std::size_t capacity) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (RetryOnEintr([&] { return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size); }) != 0) return -errno;
  if (address.sun_family != AF_UNIX) return -EAFNOSUPPORT;
  if (size <= kPathOffset) return 0;
  std::size_t length = std::min(size - kPathOffset, sizeof address.sun_path);
  // Some systems count the 0 after the path, and some return the whole array. An abstract name begins with 0.
  if (address.sun_path[0] != '\0') length = strnlen(address.sun_path, length);
  length = std::min(length, capacity);
  std::memcpy(out, address.sun_path, length);
  return static_cast<int>(length);
}

int IsListening(int fd) {
  const int number = ReadNumber(fd, SO_ACCEPTCONN);
  return number > 0 ? 1 : number;
}

int IsStream(int fd) {
  const int type = ReadNumber(fd, SO_TYPE);
  if (type < 0) return type;
  return type == SOCK_STREAM ? 1 : 0;
}

}  // namespace sockinfo
