// Reads from the kernel what it reports about a socket. Each function makes one system call on a descriptor. Plain
// C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// "linux" or "darwin", by the structs that the functions return. "unsupported" if every function returns -ENOSYS.
extern const char* const kPlatform;

// AF_UNIX and AF_INET of this system.
extern const int kUnixFamily;
extern const int kInternetFamily;

// A call that a signal interrupts is repeated. A function that this system lacks returns -ENOPROTOOPT, or -ENOSYS for
// HasEnded().

// The next seven functions write the kernel's answer to `out`, at most `capacity` bytes. They return the answer's
// length, or -errno. A length greater than `capacity` is the capacity that the answer needs; `out` then holds nothing.
// Only ReadPeerGroups() and ReadPeerLabel() return such a length. The others return `capacity` for a longer struct.

// getsockopt(fd, IPPROTO_TCP, TCP_INFO)              struct tcp_info             Linux
// getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)   struct tcp_connection_info  macOS
int ReadTcpInfo(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERCRED)            struct ucred                Linux
// getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED)          struct xucred               macOS
int ReadPeerCredentials(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS)          gid_t[]                     Linux; macOS: in struct xucred
int ReadPeerGroups(int fd, void* out, std::size_t capacity);

// The answer of ReadUnixPeer(). Its lengths are those that ReadPeerCredentials() and ReadPeerGroups() return.
struct UnixPeer {
  std::int32_t credentials_length;
  std::uint8_t credentials[12];  // struct ucred
  std::int32_t groups_length;    // The groups follow the struct, unless this is greater than the rest of `capacity`.
};

static_assert(sizeof(UnixPeer) == 20);

// PeerFamily(), and for a Unix socket ReadPeerCredentials() and ReadPeerGroups(). Linux. Writes a UnixPeer to `out`,
// which must be aligned for it. Returns what PeerFamily() returns, or -EINVAL if a UnixPeer exceeds `capacity`.
int ReadUnixPeer(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID)           pid_t                       macOS; Linux: in struct ucred
int ReadPeerPid(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEEREPID)          pid_t                       macOS
int ReadPeerEffectivePid(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERSEC)             char[]                      Linux, with a security module
int ReadPeerLabel(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEERTOKEN)         audit_token_t               macOS
int ReadPeerToken(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_COOKIE). Linux 4.12. Writes the socket's number, a std::uint64_t, to `out`. It is never
// 0, and no other socket gets it until the system restarts. Returns 8, or -errno.
int ReadCookie(int fd, void* out, std::size_t capacity);

// ReadTcpInfo() and ReadCookie(). The cookie is the last 8 bytes of `out`, or 0 if the kernel has no cookies. Returns
// what ReadTcpInfo() returns for the bytes before the cookie.
int ReadTcpInfoAndCookie(int fd, void* out, std::size_t capacity);

// getsockname(fd). Writes the path of a Unix socket to `out`, at most `capacity` bytes, without a final 0. Returns its
// length, 0 for an unbound socket, or -errno: -EAFNOSUPPORT for any other kind of socket.
int ReadUnixPath(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD). Linux. Returns a new pidfd of the process at the other end, or -errno.
int OpenPeerPidfd(int fd);

// poll(pidfd). Linux. Returns 1 if the process has ended, reaped or not; 0 if it runs; or -errno.
int HasEnded(int pidfd);

// getsockopt(fd, SOL_SOCKET, SO_PROTOCOL). Linux. Returns the protocol's number, such as IPPROTO_TCP or IPPROTO_MPTCP,
// or -errno.
int ReadProtocol(int fd);

// getpeername(fd). Returns the address family of the other end, or -errno: -ENOTCONN for listeners and unconnected
// sockets.
int PeerFamily(int fd);

// getsockname(fd). Returns the address family of the socket itself, or -errno.
int LocalFamily(int fd);

// getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN). Returns 1 for a listening socket, 0 for any other, or -errno.
int IsListening(int fd);

// getsockopt(fd, SOL_SOCKET, SO_TYPE). Returns 1 for a stream socket, 0 for any other, or -errno. It does not return
// the type, because the number of SOCK_STREAM differs between systems.
int IsStream(int fd);

}  // namespace sockinfo
