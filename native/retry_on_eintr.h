// Repeats a system call that a signal interrupts: signal(7), "Interruption of system calls". Do not use it for
// close(2), which closes the descriptor even if it fails with EINTR.
#pragma once

#include <cerrno>

namespace sockinfo {

// Returns the last result of `call`: -1 with errno set if it failed.
template <class Call>
auto RetryOnEintr(Call call) {
  decltype(call()) result = -1;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace sockinfo
