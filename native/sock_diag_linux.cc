// Implements sock_diag.h: sock_diag(7), netlink(7).
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "netlink.h"
#include "own_socket.h"
#include "sock_diag.h"

namespace sockinfo {

namespace {

constexpr std::uint8_t kRequestTcpInfo = 1 << (INET_DIAG_INFO - 1);
constexpr std::uint8_t kRequestMemory = 1 << (INET_DIAG_SKMEMINFO - 1);
// Stands for any cookie.
constexpr std::uint64_t kNoCookie = ~std::uint64_t{0};

// An answer is shorter, even with the attributes of the future.
constexpr std::size_t kAnswerCapacity = 4096;
struct Request {
  nlmsghdr header;
  inet_diag_req_v2 question;
};
static_assert(sizeof(inet_diag_req_v2) == 56 && sizeof(Request) == 72);

Request MakeRequest(std::uint32_t sequence, int family) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = sequence;
  request.question.sdiag_family = static_cast<std::uint8_t>(family);
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_ext = kRequestTcpInfo;
  return request;
}

Request MakeDumpRequest(std::uint32_t sequence, int family, std::uint16_t port, std::uint32_t states) {
  auto request = MakeRequest(sequence, family);
  request.header.nlmsg_flags |= NLM_F_DUMP;
  request.question.idiag_states = states;
  request.question.idiag_ext |= kRequestMemory;
  // The kernel leaves out the sockets of other ports. 0 stands for any port.
  request.question.id.idiag_sport = htons(port);
  return request;
}

// An IPv4 address as the IPv6 address that stands for it, which the kernel reports for a socket of both families.
struct Address {
  std::uint8_t bytes[16];
};

Address Widen(const SocketId& id, const std::uint8_t (&address)[16]) {
  Address wide{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
  const bool is_v4 = id.ip_version == 4;
  std::memcpy(wide.bytes + (is_v4 ? 12 : 0), address, is_v4 ? 4 : 16);
  return wide;
}

bool IsSame(const Address& one, const Address& other) {
  return std::equal(one.bytes, one.bytes + sizeof one.bytes, other.bytes);
}

// Once a connection is gone, the kernel answers with the listener of its port.
bool IsAnswerTo(const SocketId& asked, const SocketRow& row) {
  return row.state != kListen && row.id.local_port == asked.local_port && row.id.remote_port == asked.remote_port &&
         (asked.cookie == 0 || row.id.cookie == asked.cookie) &&
         IsSame(Widen(row.id, row.id.local_address), Widen(asked, asked.local_address)) &&
         IsSame(Widen(row.id, row.id.remote_address), Widen(asked, asked.remote_address));
}

int Find(int fd, const SocketId& asked, SocketRow& answer) {
  auto request = MakeRequest(1, asked.ip_version == 4 ? AF_INET : AF_INET6);
  auto& id = request.question.id;
  id.idiag_sport = htons(asked.local_port);
  id.idiag_dport = htons(asked.remote_port);
  std::memcpy(id.idiag_src, asked.local_address, sizeof id.idiag_src);
  std::memcpy(id.idiag_dst, asked.remote_address, sizeof id.idiag_dst);
  id.idiag_if = asked.interface_index;
  const std::uint64_t cookie = asked.cookie == 0 ? kNoCookie : asked.cookie;
  id.idiag_cookie[0] = static_cast<std::uint32_t>(cookie);
  id.idiag_cookie[1] = static_cast<std::uint32_t>(cookie >> 32);
  const int sent = SendToKernel(fd, &request, sizeof request);
  if (sent < 0) return sent;
  std::uint8_t buffer[kAnswerCapacity];
  const int result = ForEachMessage(fd, 1, buffer, sizeof buffer, [&](const NetlinkMessage& message) {
    if (message.type == NLMSG_DONE) return -EPROTO;
    if (message.type != SOCK_DIAG_BY_FAMILY) return Status(message);
    const int error = DecodeSocketRow(message.payload, answer);
    if (error < 0) return error;
    return IsAnswerTo(asked, answer) ? kDone : -ENOENT;
  });
  return result < 0 ? result : 0;
}

// Why the kernel answered -ENOENT: there is no such socket, or the kernel has no tcp_diag. Only the latter answers so
// to a dump of no states, too. Returns -ENOENT or -EPROTONOSUPPORT, or another -errno if the kernel does not answer.
int WhyNoEntry(int fd) {
  const auto request = MakeDumpRequest(2, AF_INET, 0, 0);
  const int sent = SendToKernel(fd, &request, sizeof request);
  if (sent < 0) return sent;
  std::uint8_t buffer[kAnswerCapacity];
  const int result = ForEachMessage(fd, 2, buffer, sizeof buffer, Status);
  if (result == -ENOENT) return -EPROTONOSUPPORT;
  return result < 0 ? result : -ENOENT;
}

// What both families of a dump share.
struct Dumping {
  int fd;
  std::uint16_t port;
  std::uint32_t states;
  std::size_t max_rows;
  void* buffer;
};

int DumpFamily(Dumping& dumping, std::uint32_t sequence, int family, SocketDump& dump) {
  const auto request = MakeDumpRequest(sequence, family, dumping.port, dumping.states);
  const int sent = SendToKernel(dumping.fd, &request, sizeof request);
  if (sent < 0) return sent;
  return ForEachMessage(dumping.fd, sequence, dumping.buffer, kDumpCapacity, [&](const NetlinkMessage& message) {
    if ((message.flags & NLM_F_DUMP_INTR) != 0) dump.is_interrupted = true;
    if (message.type != SOCK_DIAG_BY_FAMILY) return Status(message);
    // Decodes in place, because a copy of each row takes as long as its decoding.
    SocketRow* place = NextRow(dump);
    if (place == nullptr) return -ENOMEM;
    SocketRow& row = *place;
    const int error = DecodeSocketRow(message.payload, row);
    if (error < 0) return error;
    if (dumping.port != 0 && row.id.local_port != dumping.port) return 0;
    dump.is_truncated = dump.count == dumping.max_rows;
    if (dump.is_truncated) return kDone;
    dump.count++;
    return 0;
  });
}

}  // namespace

int FindSocket(const SocketId& asked, SocketRow& answer) {
  if (asked.ip_version != 4 && asked.ip_version != 6) return -EINVAL;
  const int fd = OpenSockDiag();
  if (fd < 0) return fd;
  int result = Find(fd, asked, answer);
  if (result == -ENOENT) result = WhyNoEntry(fd);
  CloseDescriptor(fd);
  return result;
}

int DumpSockets(std::uint16_t port, std::uint32_t states, std::size_t max_rows, SocketDump& dump) {
  void* buffer = std::malloc(kDumpCapacity);
  if (buffer == nullptr) return -ENOMEM;
  const int fd = OpenSockDiag();
  int result = fd;
  if (fd >= 0) {
    Dumping dumping{fd, port, states, max_rows, buffer};
    result = DumpFamily(dumping, 1, AF_INET, dump);
    if (result > 0 && !dump.is_truncated) result = DumpFamily(dumping, 2, AF_INET6, dump);
    CloseDescriptor(fd);
  }
  std::free(buffer);
  // A dump of no sockets ends with success. This is a kernel without tcp_diag.
  if (result == -ENOENT) return -EPROTONOSUPPORT;
  return result < 0 ? result : 0;
}

}  // namespace sockinfo
