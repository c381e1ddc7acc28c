// Reads the congestion control and the options of a TCP socket. Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// A call that a signal interrupts is repeated.

// The next two functions write the kernel's answer to `out`, at most `capacity` bytes. They return the answer's length,
// or -errno.

// getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION). Linux. The name, padded with zeros to 16 bytes.
int ReadCongestionName(int fd, void* out, std::size_t capacity);

// getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO). Linux 4.1. A member of union tcp_cc_info, or nothing if the algorithm has
// no such member.
int ReadCongestionInfo(int fd, void* out, std::size_t capacity);

// The answers of ReadSocketOptions(), in their order. src/socket-facts/decode-options.ts has the same list.
enum SocketOption : std::uint8_t {
  // The first one, because only TCP has it. On a Unix socket, macOS would take TCP_NODELAY for LOCAL_PEERCRED.
  kKeepAliveIdle,      // TCP_KEEPIDLE; TCP_KEEPALIVE on macOS
  kKeepAlive,          // SO_KEEPALIVE
  kKeepAliveInterval,  // TCP_KEEPINTVL
  kKeepAliveProbes,    // TCP_KEEPCNT
  kNoDelay,            // TCP_NODELAY
  kReceiveBuffer,      // SO_RCVBUF
  kSendBuffer,         // SO_SNDBUF
  kBufferLock,         // SO_BUF_LOCK, Linux 5.14
  kUserTimeout,        // TCP_USER_TIMEOUT in milliseconds; TCP_RXT_CONNDROPTIME in seconds on macOS
  kNotSentLowWater,    // TCP_NOTSENT_LOWAT
  kMaxPacingRate,      // SO_MAX_PACING_RATE, Linux: 8 bytes; 4 before Linux 4.20 and on 32-bit machines
  kMark,               // SO_MARK, Linux
  kCookie,             // SO_COOKIE, Linux: 8 bytes
  kTypeOfService,      // IP_TOS if the socket sends IPv4, an IPv6 socket with a mapped address included; IPV6_TCLASS
  kSocketOptionCount,
};

// One answer. `length` is how many bytes the kernel wrote to `value`, or -errno: -ENOPROTOOPT if the system lacks the
// option.
struct OptionAnswer {
  std::int32_t length;
  std::uint8_t value[8];
};

static_assert(sizeof(OptionAnswer) == 12);

// One getsockopt(fd) for each option, and getsockname(fd). Writes kSocketOptionCount answers to `out`, which must be
// aligned for OptionAnswer. Returns the number of bytes, or -EINVAL if they exceed `capacity`.
int ReadSocketOptions(int fd, void* out, std::size_t capacity);

}  // namespace sockinfo
