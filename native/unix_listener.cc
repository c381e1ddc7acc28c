// Listeners on Unix sockets, by the POSIX calls that every port answers alike. What differs: unix_listener_<os>.cc.
#include "unix_listener.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "getsockopt.h"
#include "retry_on_eintr.h"

namespace sockinfo {

namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// The option's number, or -errno.
int ReadNumber(int fd, int option) {
  int number = 0;
  const int length = GetSocketOption(fd, SOL_SOCKET, option, &number, sizeof number);
  return length < 0 ? length : number;
}

}  // namespace

int BindUnix(int fd, const void* path, std::size_t length) {
  sockaddr_un address{};
  if (length == 0) return -EINVAL;
  // Linux would take a path without its 0, and others would then read on behind it.
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  // An abstract name is all bytes within the length, so no 0 must follow it.
  const auto size = static_cast<socklen_t>(kPathOffset + length + (address.sun_path[0] == '\0' ? 0 : 1));
  // A file system in a process of its own may be interrupted while it makes the file.
  return RetryOnEintr([&] { return bind(fd, reinterpret_cast<const sockaddr*>(&address), size); }) == 0 ? 0 : -errno;
}

int ReadUnixPath(int fd, void* out, std::size_t capacity) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (RetryOnEintr([&] { return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size); }) != 0) return -errno;
  if (address.sun_family != AF_UNIX) return -EAFNOSUPPORT;
  if (size <= kPathOffset) return 0;
  std::size_t length = std::min(size - kPathOffset, sizeof address.sun_path);
  // Some systems count the 0 behind a path, and some give the whole array.
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

int TryLock(int fd) {
  return RetryOnEintr([fd] { return flock(fd, LOCK_EX | LOCK_NB); }) == 0 ? 0 : -errno;
}

int CloseDescriptor(int fd) {
  // After EINTR the descriptor is closed all the same: close(2), "Dealing with error returns from close()". Another
  // thread may have its number by now.
  return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

}  // namespace sockinfo
