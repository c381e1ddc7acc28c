// Implements sock_diag.h for macOS, which has no such questions.
#include <cerrno>

#include "sock_diag.h"

namespace sockinfo {

int FindSocket(const SocketId&, SocketRow&) { return -ENOPROTOOPT; }
int DumpSockets(std::uint16_t, std::uint32_t, std::size_t, SocketDump&) { return -ENOPROTOOPT; }

}  // namespace sockinfo
