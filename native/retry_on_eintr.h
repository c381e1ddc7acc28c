// Calls again while errno is EINTR: signal(7), "Interruption of system calls". Not for close(2): its descriptor is gone
// by then.
#pragma once

#include <cerrno>

namespace sockinfo {

// What `call` returns, which is -1 with errno where it fails.
template <class Call>
auto RetryOnEintr(Call call) {
  decltype(call()) result = -1;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace sockinfo
