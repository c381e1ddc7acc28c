// The part of socket_options.h that needs macOS: netinet/tcp.h, sys/socket.h.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "option_numbers.h"
#include "socket_options.h"

namespace sockinfo {

const OptionNumber kOptionNumbers[kTypeOfService] = {
    {IPPROTO_TCP, TCP_KEEPALIVE},
    {SOL_SOCKET, SO_KEEPALIVE},
    {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},
    {IPPROTO_TCP, TCP_NODELAY},
    {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_SNDBUF},
    {0, 0},  // kBufferLock
    {IPPROTO_TCP, TCP_RXT_CONNDROPTIME},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    {0, 0},  // kMaxPacingRate
    {0, 0},  // kMark
    {0, 0},  // kCookie
};

// macOS does not report the congestion control of a socket.
int ReadCongestionName(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadCongestionInfo(int, void*, std::size_t) { return -ENOPROTOOPT; }

}  // namespace sockinfo
