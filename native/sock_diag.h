// Asks the kernel about TCP sockets without their descriptors: sock_diag(7). Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "socket_rows.h"

namespace sockinfo {

// Holds every known struct tcp_info (280 bytes) and leaves space for longer ones.
constexpr std::size_t kRowInfoCapacity = 368;

// What identifies a TCP socket in its network namespace. JavaScript writes these bytes: src/sock-diag/socket-id.ts.
struct SocketId {
  // 4 or 6.
  std::uint8_t ip_version;
  std::uint8_t reserved[3];
  // Both in host byte order.
  std::uint16_t local_port;
  std::uint16_t remote_port;
  // In network byte order. IPv4 has 4 bytes; the others are 0.
  std::uint8_t local_address[16];
  std::uint8_t remote_address[16];
  // The index of the interface that the socket is bound to, as for link-local addresses, or 0.
  std::uint32_t interface_index;
  std::uint32_t reserved_word;
  // SO_COOKIE, in host byte order. 0 asks for a socket with any cookie: none has the cookie 0.
  std::uint64_t cookie;
};
static_assert(offsetof(SocketId, local_address) == 8 && offsetof(SocketId, cookie) == 48 && sizeof(SocketId) == 56);

// What the kernel says about one socket. JavaScript reads these bytes: src/sock-diag/socket-row.ts.
struct SocketRow {
  SocketId id;
  // TCP_ESTABLISHED (1) to TCP_CLOSING (11).
  std::uint8_t state;
  // 0 none, 1 retransmission, 2 keep-alive or FIN_WAIT_2, 3 TIME_WAIT, 4 zero window probe.
  std::uint8_t timer;
  // How often that timer has fired in a row.
  std::uint8_t retransmits;
  // 1 if `drops` is known: in a dump, on a kernel with SK_MEMINFO_DROPS.
  std::uint8_t has_drops;
  // When the timer fires, in milliseconds from now.
  std::uint32_t expires_ms;
  // Unread bytes, and bytes not acknowledged yet. Of a listener: waiting connections, and their limit.
  std::uint32_t receive_queue;
  std::uint32_t send_queue;
  std::uint32_t uid;
  // 0 once no descriptor is left.
  std::uint32_t inode;
  // How many bytes of `info` are valid. 0 for TIME_WAIT, an orphan in FIN_WAIT_2 and SYN_RECEIVED, which have no
  // TCP_INFO. A struct that is longer than `info` is cut.
  std::uint32_t info_length;
  // The packets that the kernel has dropped at this socket. Of a listener: attempts to connect. It wraps.
  std::uint32_t drops;
  std::uint8_t info[kRowInfoCapacity];
};
static_assert(offsetof(SocketRow, state) == 56 && offsetof(SocketRow, info_length) == 80);
static_assert(offsetof(SocketRow, drops) == 84 && offsetof(SocketRow, info) == 88 && sizeof(SocketRow) == 456);

// Linux 3.3. A call that a signal interrupts is repeated. A system without sock_diag returns -ENOPROTOOPT or -ENOSYS.
// Both functions ask in the network namespace of the calling thread. The first question since the system started may
// load kernel modules (inet_diag, tcp_diag), which takes up to a tenth of a second.

// Asks for one socket. Fills `answer` and returns 0, or returns -errno: -ENOENT if no socket has these addresses, ports
// and this cookie, -EPROTONOSUPPORT if the kernel lacks tcp_diag, -ETIMEDOUT if it does not answer. Takes microseconds.
int FindSocket(const SocketId& asked, SocketRow& answer);

using SocketDump = SocketRows<SocketRow>;

// Asks for all sockets with that local port, of IPv4 and IPv6, whose state is one of the bits `1 << state` in `states`.
// Port 0 asks for the sockets of all ports.
// Takes milliseconds, more if the system has many sockets: not for a thread that runs JavaScript. Fills `dump`, which
// must be empty, and returns 0 or -errno. FreeRows() releases the rows in both cases.
int DumpSockets(std::uint16_t port, std::uint32_t states, std::size_t max_rows, SocketDump& dump);

}  // namespace sockinfo
