// The part of socket_queues.h that needs Linux: tcp(7), "Ioctls".
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "getsockopt.h"
#include "retry_on_eintr.h"
#include "socket_info.h"
#include "socket_queues.h"

// linux/sockios.h also defines it, but the headers of a libc may lack that file. The number is the same everywhere.
#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif
// Linux 4.12. The number is the same on every architecture that Node runs on.
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

namespace sockinfo {

namespace {

// The type of ioctl()'s parameter differs between libcs: unsigned long or int. Every request fits in 32 bits.
std::int32_t Ask(int fd, unsigned request) {
  int number = 0;
  return RetryOnEintr([&] { return ioctl(fd, request, &number); }) == 0 ? number : -errno;
}

}  // namespace

int ReadSocketQueues(int fd, void* out, std::size_t capacity) {
  SocketQueues queues{};
  if (capacity < sizeof queues) return -EFAULT;
  // Also keeps the requests below from descriptors that are no sockets, whose drivers may take them for others.
  const int length = ReadTcpInfo(fd, &queues.state, sizeof queues.state);
  if (length < 0) return length;
  // The other names of these requests are SIOCINQ and SIOCOUTQ.
  queues.unread = Ask(fd, FIONREAD);
  queues.send_queue = Ask(fd, TIOCOUTQ);
  queues.not_sent = Ask(fd, SIOCOUTQNSD);
  std::memcpy(out, &queues, sizeof queues);
  return sizeof queues;
}

int ReadSocketMemory(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_SOCKET, SO_MEMINFO, out, capacity);
}

}  // namespace sockinfo
