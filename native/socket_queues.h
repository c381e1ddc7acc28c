// Reads how much the queues of a socket hold: the bytes of a TCP connection, and the kernel memory of any socket.
// Plain C++, no Node. A call that a signal interrupts is repeated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// A number of bytes is -errno if its own call failed, and -ENOPROTOOPT if this system does not have it.
struct SocketQueues {
  // The first byte of what ReadTcpInfo() writes: the state, numbered as in this system.
  std::uint8_t state;
  std::uint8_t padding[3];
  // Received, and not yet read by the process.
  std::int32_t unread;
  // Written by the process, and not yet acknowledged by the peer, sent or not. Linux counts a FIN as one byte.
  std::int32_t send_queue;
  // The part of `send_queue` that was never sent. It is read after `send_queue`, so it is never greater, unless the
  // process writes meanwhile.
  std::int32_t not_sent;
};
// src/socket-facts/queued-bytes.ts reads the bytes at these offsets.
static_assert(offsetof(SocketQueues, unread) == 4);
static_assert(offsetof(SocketQueues, send_queue) == 8);
static_assert(offsetof(SocketQueues, not_sent) == 12);
static_assert(sizeof(SocketQueues) == 16);

// Writes a SocketQueues to `out`, which must have space for it. Returns its size, or -errno if the state can't be
// read: for everything but a TCP socket.
//   getsockopt(fd, IPPROTO_TCP, TCP_INFO), ioctl SIOCINQ, SIOCOUTQ, SIOCOUTQNSD              Linux
//   getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO), getsockopt SO_NREAD, SO_NWRITE         macOS
int ReadSocketQueues(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_MEMINFO)     u32[9]     Linux 4.12
// Writes at most `capacity` bytes to `out`. Returns the length, or -errno. Works for sockets of every family.
int ReadSocketMemory(int fd, void* out, std::size_t capacity);

}  // namespace sockinfo
