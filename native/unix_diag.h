// Asks the kernel about Unix sockets without their descriptors: sock_diag(7). Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "socket_rows.h"

namespace sockinfo {

// As long as sun_path.
constexpr std::size_t kUnixNameCapacity = 108;

// The bits of `UnixRow::known`.
constexpr std::uint8_t kKnowsPeer = 1;
constexpr std::uint8_t kKnowsUid = 2;
constexpr std::uint8_t kKnowsFile = 4;
constexpr std::uint8_t kKnowsQueues = 8;

// What the kernel says about one socket. JavaScript reads these bytes: src/sock-diag/unix-socket-row.ts.
struct UnixRow {
  // SO_COOKIE, in host byte order. 0 for a connection that waits to be accepted.
  std::uint64_t cookie;
  // The inode of /proc/<pid>/fd. 0 for a connection that waits to be accepted.
  std::uint32_t inode;
  // The inode of the other end. 0 if that has none: it waits to be accepted, or is closed.
  std::uint32_t peer_inode;
  // Who has created the socket. Linux 5.3.
  std::uint32_t uid;
  // The file that the socket is bound to: the low half of its inode's number, and the kernel's own number of its
  // device, in which the minor number has the low 20 bits.
  std::uint32_t file_inode;
  std::uint32_t file_device;
  // Unread bytes, and memory of what the other end has not read. Of a listener: waiting connections, and their limit.
  std::uint32_t receive_queue;
  std::uint32_t send_queue;
  // SOCK_STREAM (1), SOCK_DGRAM (2) or SOCK_SEQPACKET (5).
  std::uint8_t type;
  // TCP_ESTABLISHED (1), TCP_SYN_SENT (2), TCP_CLOSE (7) or TCP_LISTEN (10).
  std::uint8_t state;
  std::uint8_t known;
  // 0 if the socket has no name. An abstract name begins with a 0, and may have any bytes. A path has no final 0.
  std::uint8_t name_length;
  std::uint8_t name[kUnixNameCapacity];
  std::uint8_t reserved[4];
};
static_assert(offsetof(UnixRow, type) == 36 && offsetof(UnixRow, name) == 40 && sizeof(UnixRow) == 152);

using UnixDump = SocketRows<UnixRow>;

// Asks for all Unix sockets of the network namespace that the calling thread is in. Linux 3.3. A connection that waits
// to be accepted has no socket that the kernel reports. It gets a row with the name of its listener, inode 0, and the
// inode of the client as peer.
//
// Takes milliseconds: not for a thread that runs JavaScript. Fills `dump`, which must be empty, and returns 0 or
// -errno, as DumpSockets() does. FreeRows() releases the rows in both cases.
int DumpUnixSockets(std::size_t max_rows, UnixDump& dump);

}  // namespace sockinfo
