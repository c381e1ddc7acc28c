// Receives the kernel's announcements of destroyed TCP sockets: sock_diag(7), the groups SKNLGRP_INET_TCP_DESTROY and
// SKNLGRP_INET6_TCP_DESTROY. Linux 4.2. Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sock_diag.h"

namespace sockinfo {

// The most ports that one filter of the kernel distinguishes, because its jumps have 8 bits.
constexpr std::size_t kMaxFilteredPorts = 255;

// Announcements that are delivered together.
struct DestroyBatch {
  static constexpr std::size_t kCapacity = 64;
  // 0, or -errno in the last batch of a listener that can't go on. -ETIMEDOUT if the kernel announces nothing: it lacks
  // the module, or is older than 4.2.
  int status;
  // How many announcements were lost since the start, because the thread did not get the processor in time. It wraps.
  std::uint32_t lost;
  std::size_t count;
  SocketRow rows[kCapacity];
};

enum class Delivery : std::uint8_t {
  kTaken,
  // The same batch will be offered again.
  kBusy,
  // The receiver is closing and takes no more batches.
  kClosed,
};

// Called on the listener's thread. With kTaken the receiver owns the batch.
using DeliverBatch = Delivery (*)(void* receiver, DestroyBatch* batch);

struct DestroyListener;

// Opens a netlink socket and starts a thread that delivers. All signals are blocked in the thread. Returns 0 and sets
// `listener`, or returns -errno.
//
// The first batch has the result of a self-test, because joining the groups never fails, even where no announcement
// ever comes: the thread closes a socket of its own and waits up to three seconds for its announcement. Joining may
// make the kernel load the modules inet_diag and tcp_diag, which takes that long. Until the first batch has come,
// `ports` must contain 0, the port of that socket.
int StartDestroyListener(const std::uint16_t* ports, std::size_t count, DeliverBatch deliver, void* receiver,
                         DestroyListener** listener);

// SO_ATTACH_FILTER. From now on the kernel announces only sockets with one of these local ports, or all sockets if
// there are more than kMaxFilteredPorts. One step replaces the other ports, so no announcement is lost. Returns 0 or
// -errno, and then nothing has changed.
int SetDestroyPorts(DestroyListener* listener, const std::uint16_t* ports, std::size_t count);

// Waits until the thread has ended, and frees everything. The thread ends at once, unless the kernel is just loading a
// module.
void StopDestroyListener(DestroyListener* listener);

}  // namespace sockinfo
