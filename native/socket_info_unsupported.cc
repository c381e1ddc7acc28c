// Every other system: it can be asked, and the answer is ENOSYS.
#include <cerrno>

#include "socket_info.h"

namespace sockinfo {

const char* const kPlatform = "unsupported";
const int kUnixFamily = 1;

int ReadTcpInfo(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerCredentials(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerGroups(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerPid(int, void*, std::size_t) { return -ENOSYS; }
int PeerFamily(int) { return -ENOSYS; }
int LocalFamily(int) { return -ENOSYS; }

}  // namespace sockinfo
