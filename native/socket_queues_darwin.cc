// The part of socket_queues.h that needs macOS: SO_NREAD and SO_NWRITE of sys/socket.h.
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "getsockopt.h"
#include "socket_info.h"
#include "socket_queues.h"

namespace sockinfo {

namespace {

std::int32_t Ask(int fd, int option) {
  int number = 0;
  const int length = GetSocketOption(fd, SOL_SOCKET, option, &number, sizeof number);
  return length < 0 ? length : number;
}

}  // namespace

int ReadSocketQueues(int fd, void* out, std::size_t capacity) {
  SocketQueues queues{};
  if (capacity < sizeof queues) return -EFAULT;
  const int length = ReadTcpInfo(fd, &queues.state, sizeof queues.state);
  if (length < 0) return length;
  queues.unread = Ask(fd, SO_NREAD);
  queues.send_queue = Ask(fd, SO_NWRITE);
  queues.not_sent = -ENOPROTOOPT;
  std::memcpy(out, &queues, sizeof queues);
  return sizeof queues;
}

// Only Linux has it.
int ReadSocketMemory(int, void*, std::size_t) { return -ENOPROTOOPT; }

}  // namespace sockinfo
