// Implements socket_address.h on macOS, where Node reads the addresses: the code would need a second page.
#include <cerrno>

#include "socket_address.h"

namespace sockinfo {

int ReadRemoteAddress(int, void*, std::size_t) { return -ENOSYS; }
int ReadAddresses(int, void*, std::size_t) { return -ENOSYS; }

}  // namespace sockinfo
