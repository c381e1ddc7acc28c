// The part of socket_options.h that needs Linux: tcp(7), socket(7), include/uapi/asm-generic/socket.h.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "getsockopt.h"
#include "option_numbers.h"
#include "socket_options.h"

// Linux 4.6 and 5.14. The numbers are the same on every architecture that Node runs on. The headers of libc may be
// older.
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
// Linux 4.1.
#ifndef TCP_CC_INFO
#define TCP_CC_INFO 26
#endif

namespace sockinfo {

const OptionNumber kOptionNumbers[kTypeOfService] = {
    {IPPROTO_TCP, TCP_KEEPIDLE},      {SOL_SOCKET, SO_KEEPALIVE},       {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},       {IPPROTO_TCP, TCP_NODELAY},       {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_SNDBUF},          {SOL_SOCKET, SO_BUF_LOCK},        {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT}, {SOL_SOCKET, SO_MAX_PACING_RATE}, {SOL_SOCKET, SO_MARK},
    {SOL_SOCKET, SO_COOKIE},
};

int ReadCongestionName(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, IPPROTO_TCP, TCP_CONGESTION, out, capacity);
}

int ReadCongestionInfo(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, IPPROTO_TCP, TCP_CC_INFO, out, capacity);
}

}  // namespace sockinfo
