// Implements unix_diag.h for macOS, which has no such questions.
#include <cerrno>

#include "unix_diag.h"

namespace sockinfo {

int DumpUnixSockets(std::size_t, UnixDump&) { return -ENOPROTOOPT; }

}  // namespace sockinfo
