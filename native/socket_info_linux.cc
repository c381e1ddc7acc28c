// The part of socket_info.h that needs Linux: tcp(7), socket(7), unix(7), pidfd_open(2).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "getsockopt.h"
#include "retry_on_eintr.h"
#include "socket_info.h"

// Linux 4.12.
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif
// Linux 4.13. The numbers are the same on every architecture that Node runs on. The headers of glibc may be older.
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
// Linux 6.5.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace sockinfo {

const char* const kPlatform = "linux";

namespace {

// For answers of any length: like GetSocketOption(), but returns the length that the kernel needs if `capacity` is too
// small.
int GetSocketOptionOrLength(int fd, int level, int option, void* out, std::size_t capacity) {
  auto length = static_cast<socklen_t>(capacity);
  if (RetryOnEintr([&] { return getsockopt(fd, level, option, out, &length); }) != 0) {
    const int error = errno;
    return error == ERANGE ? static_cast<int>(length) : -error;
  }
  return static_cast<int>(length);
}

}  // namespace

int ReadTcpInfo(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, IPPROTO_TCP, TCP_INFO, out, capacity);
}

int ReadPeerCredentials(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_SOCKET, SO_PEERCRED, out, capacity);
}

int ReadPeerGroups(int fd, void* out, std::size_t capacity) {
  return GetSocketOptionOrLength(fd, SOL_SOCKET, SO_PEERGROUPS, out, capacity);
}

int ReadPeerLabel(int fd, void* out, std::size_t capacity) {
  return GetSocketOptionOrLength(fd, SOL_SOCKET, SO_PEERSEC, out, capacity);
}

int ReadUnixPeer(int fd, void* out, std::size_t capacity) {
  if (capacity < sizeof(UnixPeer)) return -EINVAL;
  const int family = PeerFamily(fd);
  if (family != kUnixFamily) return family;
  auto* peer = static_cast<UnixPeer*>(out);
  peer->credentials_length = ReadPeerCredentials(fd, peer->credentials, sizeof peer->credentials);
  peer->groups_length = ReadPeerGroups(fd, peer + 1, capacity - sizeof *peer);
  return family;
}

int OpenPeerPidfd(int fd) {
  int pidfd = -1;
  const int length = GetSocketOption(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, sizeof pidfd);
  return length < 0 ? length : pidfd;
}

int ReadProtocol(int fd) {
  int protocol = -1;
  const int length = GetSocketOption(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, sizeof protocol);
  return length < 0 ? length : protocol;
}

int ReadCookie(int fd, void* out, std::size_t capacity) {
  std::uint64_t cookie = 0;
  if (capacity < sizeof cookie) return -EINVAL;
  const int length = GetSocketOption(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie);
  if (length < 0) return length;
  std::memcpy(out, &cookie, sizeof cookie);
  return sizeof cookie;
}

int ReadTcpInfoAndCookie(int fd, void* out, std::size_t capacity) {
  std::uint64_t cookie = 0;
  if (capacity < sizeof cookie) return -EINVAL;
  const std::size_t space = capacity - sizeof cookie;
  const int length = ReadTcpInfo(fd, out, space);
  // An error leaves the 0.
  if (length >= 0) GetSocketOption(fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie);
  std::memcpy(static_cast<std::uint8_t*>(out) + space, &cookie, sizeof cookie);
  return length;
}

int HasEnded(int pidfd) {
  pollfd ended{pidfd, POLLIN, 0};
  const int count = RetryOnEintr([&] { return poll(&ended, 1, 0); });
  return count < 0 ? -errno : count;
}

// Functions that only macOS has.
int ReadPeerPid(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadPeerEffectivePid(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadPeerToken(int, void*, std::size_t) { return -ENOPROTOOPT; }

}  // namespace sockinfo
