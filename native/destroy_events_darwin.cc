// Implements destroy_events.h for macOS, which announces no sockets.
#include <cerrno>

#include "destroy_events.h"

namespace sockinfo {

int StartDestroyListener(const std::uint16_t*, std::size_t, DeliverBatch, void*, DestroyListener**) {
  return -ENOPROTOOPT;
}
int SetDestroyPorts(DestroyListener*, const std::uint16_t*, std::size_t) { return -ENOPROTOOPT; }
void StopDestroyListener(DestroyListener*) {}

}  // namespace sockinfo
