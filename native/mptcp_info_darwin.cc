// Implements mptcp_info.h on macOS, which has no such calls.
#include <cerrno>

#include "mptcp_info.h"

namespace sockinfo {

int ReadMptcpInfo(int, void*, std::size_t) { return -ENOPROTOOPT; }
int HasMptcpInfo() { return -ENOPROTOOPT; }

}  // namespace sockinfo
