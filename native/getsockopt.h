// getsockopt(2) with one result: a length or an error number.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "retry_on_eintr.h"

namespace sockinfo {

// Returns how many bytes the kernel wrote to `out`, or -errno. Some kernels report the length of their own struct,
// which may be greater than `capacity`. The result never is.
inline int GetSocketOption(int fd, int level, int option, void* out, std::size_t capacity) {
  auto length = static_cast<socklen_t>(capacity);
  if (RetryOnEintr([&] { return getsockopt(fd, level, option, out, &length); }) != 0) return -errno;
  return static_cast<int>(std::min<std::size_t>(length, capacity));
}

}  // namespace sockinfo
