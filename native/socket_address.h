// Reads the addresses of both ends of a socket: getpeername(2), getsockname(2). Linux only: elsewhere the functions
// return -ENOSYS. Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// The address of one end. JavaScript reads these bytes: src/socket-facts/address-bytes.ts.
struct SocketAddress {
  // 4 or 6. 0 for another family, and if the end has no address.
  std::uint32_t ip_version;
  // In host byte order.
  std::uint32_t port;
  // The index of a link-local address's interface, or 0.
  std::uint32_t scope_id;
  // In network byte order. IPv4 has 4 bytes; the others are 0.
  std::uint8_t bytes[16];
};
static_assert(offsetof(SocketAddress, port) == 4 && offsetof(SocketAddress, scope_id) == 8);
static_assert(offsetof(SocketAddress, bytes) == 12 && sizeof(SocketAddress) == 28);

// Both functions write to `out`, which must have space for the result, and return its size, or -EFAULT. A call that a
// signal interrupts is repeated.

// getpeername(fd). Writes the SocketAddress of the other end.
int ReadRemoteAddress(int fd, void* out, std::size_t capacity);

// getpeername(fd), getsockname(fd). Writes the SocketAddress of the other end, and then that of the socket itself.
int ReadAddresses(int fd, void* out, std::size_t capacity);

}  // namespace sockinfo
