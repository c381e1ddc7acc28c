// Asks the kernel about sockets, and receives and checks what it sends: netlink(7), sock_diag(7). Linux only. Plain
// C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sock_diag.h"
#include "unix_diag.h"

namespace sockinfo {

// socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG). Returns a new descriptor with FD_CLOEXEC, or -errno. The socket is
// of the network namespace that the calling thread is in.
int OpenSockDiag();

// send(fd). Returns 0 or -errno. The kernel queues the beginning of its answer before this returns.
int SendToKernel(int fd, const void* request, std::size_t length);

// recvmsg(fd, MSG_DONTWAIT). Writes one datagram to `out`. Returns its length, or 0 if it did not come from the
// kernel: a process with CAP_NET_ADMIN can send to any netlink socket. Otherwise returns -errno: -EAGAIN if no datagram
// waits, -ENOBUFS if the kernel had to drop one, -EMSGSIZE if the datagram is longer than `capacity`.
int ReceiveFromKernel(int fd, void* out, std::size_t capacity);

// Waits a limited time for a datagram of the kernel. Returns its length, or -errno: -ETIMEDOUT if none came.
int AwaitKernel(int fd, void* out, std::size_t capacity);

// The kernel puts at most 32 KiB into a datagram of a dump.
constexpr std::size_t kDumpCapacity = std::size_t{64} * 1024;

// A view of bytes. It owns nothing.
struct ByteSpan {
  const std::uint8_t* data;
  std::size_t length;
};

struct NetlinkMessage {
  std::uint16_t type;
  std::uint16_t flags;
  std::uint32_t sequence;
  ByteSpan payload;
};

// The next four functions make no system call and accept any bytes, at any alignment.

// Takes the first message off `datagram`. Returns 1, 0 if nothing is left, or -EPROTO if no whole message is left.
int TakeMessage(ByteSpan& datagram, NetlinkMessage& message);

// Decodes the payload of a SOCK_DIAG_BY_FAMILY message: struct inet_diag_msg and its attributes. Returns 0, or
// -EPROTO if the payload is too short, is not about IPv4 or IPv6, or has an attribute that ends outside.
int DecodeSocketRow(ByteSpan payload, SocketRow& row);

constexpr std::uint8_t kEstablished = 1;
constexpr std::uint8_t kListen = 10;

// The same for a Unix socket: struct unix_diag_msg and its attributes. `waiting` becomes the part of the payload that
// has the inodes of the clients that wait at a listener, four bytes each.
int DecodeUnixRow(ByteSpan payload, UnixRow& row, ByteSpan& waiting);

// Decodes the number at the start of an NLMSG_ERROR or NLMSG_DONE message. Returns 0, the -errno that the kernel
// reports, or -EPROTO if there is no such number.
int DecodeStatus(ByteSpan payload);

constexpr int kDone = 1;

// The meaning of a message that is not about a socket: kDone at the end of a dump, or -errno.
int Status(const NetlinkMessage& message);

// Calls `use` for each message with that sequence number, until it returns a number other than 0, and returns that
// number. Other messages are ignored. Returns -errno if receiving fails.
template <class Use>
int ForEachMessage(int fd, std::uint32_t sequence, void* buffer, std::size_t capacity, Use use) {
  while (true) {
    const int length = AwaitKernel(fd, buffer, capacity);
    if (length < 0) return length;
    ByteSpan datagram{static_cast<const std::uint8_t*>(buffer), static_cast<std::size_t>(length)};
    NetlinkMessage message{};
    int taken = 0;
    while ((taken = TakeMessage(datagram, message)) > 0) {
      if (message.sequence != sequence) continue;
      const int result = use(message);
      if (result != 0) return result;
    }
    if (taken < 0) return taken;
  }
}

}  // namespace sockinfo
