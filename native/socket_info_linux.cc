// Linux: tcp(7), socket(7), unix(7). Each function is one getsockopt. The way on is addon.cc.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "getsockopt.h"
#include "socket_info.h"

// Since Linux 4.13, and the same number on every architecture that Node runs on; glibc's headers may be older.
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

namespace sockinfo {

const char* const kPlatform = "linux";

int ReadTcpInfo(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, IPPROTO_TCP, TCP_INFO, out, capacity);
}

int ReadPeerCredentials(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_SOCKET, SO_PEERCRED, out, capacity);
}

int ReadPeerGroups(int fd, void* out, std::size_t capacity) {
  auto length = static_cast<socklen_t>(capacity);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, out, &length) != 0) {
    const int error = errno;
    // Too little room: the kernel has written the length that it needs.
    return error == ERANGE ? static_cast<int>(length) : -error;
  }
  return static_cast<int>(length);
}

int ReadPeerPid(int, void*, std::size_t) { return -ENOPROTOOPT; }

}  // namespace sockinfo
