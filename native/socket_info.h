// What a port must supply: one function per question, each one system call on a descriptor.
// Plain C++, no Node: addon.cc is the only caller, socket_info_<os>.cc the only implementations; binding.gyp picks one.
#pragma once

#include <cstddef>

namespace sockinfo {

// "linux" or "darwin": which layouts the bytes below have. Any other name means that nothing can be read.
extern const char* const kPlatform;

// AF_UNIX and AF_INET as the functions *Family report them.
extern const int kUnixFamily;
extern const int kInternetFamily;

// Each reader fills `out` with what the kernel gives, at most `capacity` bytes, and returns the length that the kernel
// reported, or -errno. What a signal interrupts is repeated. A length greater than `capacity` says how much room is
// needed; `out` then holds nothing.

// getsockopt(fd, IPPROTO_TCP, TCP_INFO)              struct tcp_info             Linux
// getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO)   struct tcp_connection_info  macOS
int ReadTcpInfo(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERCRED)            struct ucred                Linux
// getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED)          struct xucred               macOS
int ReadPeerCredentials(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS)          gid_t[]                     Linux; macOS has them in struct xucred
int ReadPeerGroups(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID)           pid_t                       macOS; Linux has it in struct ucred
int ReadPeerPid(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEEREPID)          pid_t                       macOS
int ReadPeerEffectivePid(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERSEC)             char[]                      Linux, with a security module
int ReadPeerLabel(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_LOCAL, LOCAL_PEERTOKEN)         audit_token_t               macOS
int ReadPeerToken(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD): a new descriptor of the process at the other end, or -errno. Linux.
int OpenPeerPidfd(int fd);

// poll(pidfd): 1 when the process has ended, reaped or not; 0 when not, or -errno. Linux.
int HasEnded(int pidfd);

// getsockopt(fd, SOL_SOCKET, SO_PROTOCOL): the number of the protocol, IPPROTO_TCP or IPPROTO_MPTCP among others, or
// -errno. Linux.
int ReadProtocol(int fd);

// The address family of the other end, by getpeername(fd), or -errno: -ENOTCONN for listeners and unconnected sockets.
int PeerFamily(int fd);

// The address family of the socket itself, by getsockname(fd), or -errno.
int LocalFamily(int fd);

}  // namespace sockinfo
