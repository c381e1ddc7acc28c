// The part of own_socket.h that is the same on Linux and macOS.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "own_socket.h"
#include "retry_on_eintr.h"

namespace sockinfo {

int BindUnix(int fd, const void* path, std::size_t length) {
  sockaddr_un address{};
  if (length == 0) return -EINVAL;
  // Linux accepts a path without a final 0, but other programs would read past its end.
  if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  // Every byte within the length is part of an abstract name, so no 0 may follow it.
  const std::size_t final_zero = address.sun_path[0] == '\0' ? 0 : 1;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + final_zero);
  // A signal can interrupt bind(2), because FUSE file systems create the file in another process.
  return RetryOnEintr([&] { return bind(fd, reinterpret_cast<const sockaddr*>(&address), size); }) == 0 ? 0 : -errno;
}

int CloseDescriptor(int fd) {
  // After EINTR the descriptor is closed: close(2), "Dealing with error returns from close()". Another thread may have
  // its number by now, so close(2) is never repeated.
  return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}

}  // namespace sockinfo
