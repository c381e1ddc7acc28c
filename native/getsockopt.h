// The one getsockopt call, shared by the POSIX ports.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace sockinfo {

// Returns the length that the kernel wrote back, or -errno.
inline int GetSocketOption(int fd, int level, int option, void* out, std::size_t capacity) {
  auto length = static_cast<socklen_t>(capacity);
  if (getsockopt(fd, level, option, out, &length) != 0) return -errno;
  return static_cast<int>(length);
}

}  // namespace sockinfo
