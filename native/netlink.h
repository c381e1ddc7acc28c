// Receives and checks what the kernel sends about TCP sockets: netlink(7), sock_diag(7). Linux only. Plain C++, no
// Node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sock_diag.h"

namespace sockinfo {

// socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG). Returns a new descriptor with FD_CLOEXEC, or -errno. The socket is
// of the network namespace that the calling thread is in.
int OpenSockDiag();

// recvmsg(fd, MSG_DONTWAIT). Writes one datagram to `out`. Returns its length, or 0 if it did not come from the
// kernel: a process with CAP_NET_ADMIN can send to any netlink socket. Otherwise returns -errno: -EAGAIN if no datagram
// waits, -ENOBUFS if the kernel had to drop one, -EMSGSIZE if the datagram is longer than `capacity`.
int ReceiveFromKernel(int fd, void* out, std::size_t capacity);

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

// The next three functions make no system call and accept any bytes, at any alignment.

// Takes the first message off `datagram`. Returns 1, 0 if nothing is left, or -EPROTO if no whole message is left.
int TakeMessage(ByteSpan& datagram, NetlinkMessage& message);

// Decodes the payload of a SOCK_DIAG_BY_FAMILY message: struct inet_diag_msg and its attributes. Returns 0, or
// -EPROTO if the payload is too short, is not about IPv4 or IPv6, or has an attribute that ends outside.
int DecodeSocketRow(ByteSpan payload, SocketRow& row);

// Decodes the number at the start of an NLMSG_ERROR or NLMSG_DONE message. Returns 0, the -errno that the kernel
// reports, or -EPROTO if there is no such number.
int DecodeStatus(ByteSpan payload);

}  // namespace sockinfo
