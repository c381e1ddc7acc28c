// The part of socket_info.h that needs macOS: netinet/tcp.h, sys/un.h, sys/ucred.h.
#include <mach/message.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/ucred.h>
#include <sys/un.h>

#include <cstddef>

#include "getsockopt.h"
#include "socket_info.h"

namespace sockinfo {

const char* const kPlatform = "darwin";

// src/tcp-info/darwin.ts and src/peer-credentials/darwin.ts read the bytes at these offsets.
static_assert(offsetof(tcp_connection_info, tcpi_options) == 4);
static_assert(offsetof(tcp_connection_info, tcpi_flags) == 8);
static_assert(offsetof(tcp_connection_info, tcpi_rto) == 12);
static_assert(offsetof(tcp_connection_info, tcpi_maxseg) == 16);
static_assert(offsetof(tcp_connection_info, tcpi_snd_ssthresh) == 20);
static_assert(offsetof(tcp_connection_info, tcpi_snd_cwnd) == 24);
static_assert(offsetof(tcp_connection_info, tcpi_snd_wnd) == 28);
static_assert(offsetof(tcp_connection_info, tcpi_snd_sbbytes) == 32);
static_assert(offsetof(tcp_connection_info, tcpi_rcv_wnd) == 36);
static_assert(offsetof(tcp_connection_info, tcpi_rttcur) == 40);
static_assert(offsetof(tcp_connection_info, tcpi_srtt) == 44);
static_assert(offsetof(tcp_connection_info, tcpi_rttvar) == 48);
static_assert(offsetof(tcp_connection_info, tcpi_txpackets) == 56);
static_assert(offsetof(tcp_connection_info, tcpi_txbytes) == 64);
static_assert(offsetof(tcp_connection_info, tcpi_txretransmitbytes) == 72);
static_assert(offsetof(tcp_connection_info, tcpi_rxpackets) == 80);
static_assert(offsetof(tcp_connection_info, tcpi_rxbytes) == 88);
static_assert(offsetof(tcp_connection_info, tcpi_rxoutoforderbytes) == 96);
static_assert(offsetof(tcp_connection_info, tcpi_txretransmitpackets) == 104);
static_assert(sizeof(tcp_connection_info) == 112);
static_assert(offsetof(xucred, cr_uid) == 4);
static_assert(offsetof(xucred, cr_ngroups) == 8);
static_assert(offsetof(xucred, cr_groups) == 12);
static_assert(sizeof(xucred) == 76);
static_assert(sizeof(audit_token_t) == 32);

int ReadTcpInfo(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, out, capacity);
}

int ReadPeerCredentials(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_LOCAL, LOCAL_PEERCRED, out, capacity);
}

int ReadPeerPid(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_LOCAL, LOCAL_PEERPID, out, capacity);
}

int ReadPeerEffectivePid(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_LOCAL, LOCAL_PEEREPID, out, capacity);
}

int ReadPeerToken(int fd, void* out, std::size_t capacity) {
  return GetSocketOption(fd, SOL_LOCAL, LOCAL_PEERTOKEN, out, capacity);
}

// Functions that only Linux has.
int ReadPeerGroups(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadUnixPeer(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadPeerLabel(int, void*, std::size_t) { return -ENOPROTOOPT; }
int OpenPeerPidfd(int) { return -ENOPROTOOPT; }
int ReadProtocol(int) { return -ENOPROTOOPT; }
int ReadCookie(int, void*, std::size_t) { return -ENOPROTOOPT; }
int ReadTcpInfoAndCookie(int, void*, std::size_t) { return -ENOPROTOOPT; }
int HasEnded(int) { return -ENOSYS; }

}  // namespace sockinfo
