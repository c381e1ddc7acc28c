// Implements all headers for other systems: the module loads, and every function returns -ENOSYS.
#include <cerrno>

#include "destroy_events.h"
#include "mptcp_info.h"
#include "names.h"
#include "own_socket.h"
#include "sock_diag.h"
#include "socket_address.h"
#include "socket_file.h"
#include "socket_info.h"
#include "socket_options.h"
#include "socket_queues.h"
#include "unix_diag.h"

namespace sockinfo {

const char* const kPlatform = "unsupported";
const int kUnixFamily = 1;
const int kInternetFamily = 2;

int ReadTcpInfo(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerCredentials(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerGroups(int, void*, std::size_t) { return -ENOSYS; }
int ReadUnixPeer(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerPid(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerEffectivePid(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerLabel(int, void*, std::size_t) { return -ENOSYS; }
int ReadPeerToken(int, void*, std::size_t) { return -ENOSYS; }
int OpenPeerPidfd(int) { return -ENOSYS; }
int ReadProtocol(int) { return -ENOSYS; }
int ReadCookie(int, void*, std::size_t) { return -ENOSYS; }
int ReadTcpInfoAndCookie(int, void*, std::size_t) { return -ENOSYS; }
int HasEnded(int) { return -ENOSYS; }
int PeerFamily(int) { return -ENOSYS; }
int LocalFamily(int) { return -ENOSYS; }
int ReadUnixPath(int, void*, std::size_t) { return -ENOSYS; }
int IsListening(int) { return -ENOSYS; }
int IsStream(int) { return -ENOSYS; }

int ReadCongestionName(int, void*, std::size_t) { return -ENOSYS; }
int ReadCongestionInfo(int, void*, std::size_t) { return -ENOSYS; }
int ReadSocketOptions(int, void*, std::size_t) { return -ENOSYS; }
int ReadSocketQueues(int, void*, std::size_t) { return -ENOSYS; }
int ReadSocketMemory(int, void*, std::size_t) { return -ENOSYS; }
int ReadMptcpInfo(int, void*, std::size_t) { return -ENOSYS; }
int HasMptcpInfo() { return -ENOSYS; }
int ReadRemoteAddress(int, void*, std::size_t) { return -ENOSYS; }
int ReadAddresses(int, void*, std::size_t) { return -ENOSYS; }

int OpenStreamSocket(int) { return -ENOSYS; }
int BindUnix(int, const void*, std::size_t) { return -ENOSYS; }
int CloseDescriptor(int) { return -ENOSYS; }

int SetModeOfPath(const char*, unsigned) { return -ENOSYS; }
int SetOwnerOfFile(int, unsigned, unsigned) { return -ENOSYS; }
int SetModeOfFile(int, unsigned) { return -ENOSYS; }
int TryLock(int) { return -ENOSYS; }

int StartDestroyListener(const std::uint16_t*, std::size_t, DeliverBatch, void*, DestroyListener**) { return -ENOSYS; }
int SetDestroyPorts(DestroyListener*, const std::uint16_t*, std::size_t) { return -ENOSYS; }
void StopDestroyListener(DestroyListener*) {}

int FindUserName(std::uint32_t, char*, std::size_t) { return -ENOSYS; }
int FindGroupName(std::uint32_t, char*, std::size_t) { return -ENOSYS; }
int FindUserId(const char*, std::uint32_t*) { return -ENOSYS; }
int FindGroupId(const char*, std::uint32_t*) { return -ENOSYS; }

int FindSocket(const SocketId&, SocketRow&) { return -ENOSYS; }
int DumpSockets(std::uint16_t, std::uint32_t, std::size_t, SocketDump&) { return -ENOSYS; }
int DumpUnixSockets(std::size_t, UnixDump&) { return -ENOSYS; }

}  // namespace sockinfo
