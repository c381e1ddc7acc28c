// Implements sock_diag.h: sock_diag(7), netlink(7).
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "netlink.h"
#include "own_socket.h"
#include "retry_on_eintr.h"
#include "sock_diag.h"

namespace sockinfo {

namespace {

constexpr std::uint8_t kListen = 10;
constexpr std::uint8_t kRequestTcpInfo = 1 << (INET_DIAG_INFO - 1);
constexpr std::uint8_t kRequestMemory = 1 << (INET_DIAG_SKMEMINFO - 1);
// Stands for any cookie.
constexpr std::uint64_t kNoCookie = ~std::uint64_t{0};

// The kernel queues its answer before send(2) returns. So these limits matter only if something is wrong.
constexpr int kMaxWaits = 16;
constexpr int kWaitMs = 100;

// An answer is shorter, even with the attributes of the future.
constexpr std::size_t kAnswerCapacity = 4096;
// The kernel puts at most 32 KiB into a datagram of a dump.
constexpr std::size_t kDumpCapacity = std::size_t{64} * 1024;
constexpr std::size_t kFirstRows = 64;

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

int Send(int fd, const Request& request) {
  const auto length = RetryOnEintr([&] { return send(fd, &request, sizeof request, 0); });
  return length < 0 ? -errno : 0;
}

// Waits a limited time for a datagram of the kernel. Returns its length, or -errno: -ETIMEDOUT if none came.
int Await(int fd, void* out, std::size_t capacity) {
  for (int wait = 0; wait < kMaxWaits; wait++) {
    const int length = ReceiveFromKernel(fd, out, capacity);
    if (length > 0) return length;
    if (length != 0 && length != -EAGAIN) return length;
    pollfd readable{fd, POLLIN, 0};
    const int count = poll(&readable, 1, kWaitMs);
    if (count == 0) return -ETIMEDOUT;
    if (count < 0 && errno != EINTR) return -errno;
  }
  return -ETIMEDOUT;
}

// Calls `use` for each message with that sequence number, until it returns a number other than 0, and returns that
// number. Other messages are ignored. Returns -errno if receiving fails.
template <class Use>
int ForEachMessage(int fd, std::uint32_t sequence, void* buffer, std::size_t capacity, Use use) {
  while (true) {
    const int length = Await(fd, buffer, capacity);
    if (length < 0) return length;
    ByteSpan datagram{static_cast<const std::uint8_t*>(buffer), static_cast<std::size_t>(length)};
    NetlinkMessage message{};
    int taken = 0;
    while ((taken = TakeMessage(datagram, message)) > 0) {
      if (message.sequence != sequence) continue;
      const int result = use(message);
      if (result != 0) return result;
    }
    if (taken < 0) return taken;
  }
}

constexpr int kDone = 1;

// The meaning of a message that is not about a socket: kDone at the end of a dump, or -errno.
int Status(const NetlinkMessage& message) {
  if (message.type != NLMSG_DONE && message.type != NLMSG_ERROR) return -EPROTO;
  const int status = DecodeStatus(message.payload);
  if (status != 0) return status;
  return message.type == NLMSG_DONE ? kDone : -EPROTO;
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
  const int sent = Send(fd, request);
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
  const int sent = Send(fd, MakeDumpRequest(2, AF_INET, 0, 0));
  if (sent < 0) return sent;
  std::uint8_t buffer[kAnswerCapacity];
  const int result = ForEachMessage(fd, 2, buffer, sizeof buffer, Status);
  if (result == -ENOENT) return -EPROTONOSUPPORT;
  return result < 0 ? result : -ENOENT;
}

// Makes room for one more row. Returns false if there is no memory.
bool Grow(SocketDump& dump, std::size_t& capacity) {
  if (dump.count < capacity) return true;
  const std::size_t wanted = std::max(2 * capacity, kFirstRows);
  auto* rows = static_cast<SocketRow*>(std::realloc(dump.rows, wanted * sizeof(SocketRow)));
  if (rows == nullptr) return false;
  dump.rows = rows;
  capacity = wanted;
  return true;
}

// What both families of a dump share.
struct Dumping {
  int fd;
  std::uint16_t port;
  std::uint32_t states;
  std::size_t max_rows;
  void* buffer;
  std::size_t capacity;
};

int DumpFamily(Dumping& dumping, std::uint32_t sequence, int family, SocketDump& dump) {
  const int sent = Send(dumping.fd, MakeDumpRequest(sequence, family, dumping.port, dumping.states));
  if (sent < 0) return sent;
  return ForEachMessage(dumping.fd, sequence, dumping.buffer, kDumpCapacity, [&](const NetlinkMessage& message) {
    if ((message.flags & NLM_F_DUMP_INTR) != 0) dump.is_interrupted = true;
    if (message.type != SOCK_DIAG_BY_FAMILY) return Status(message);
    // Decodes in place, because a copy of each row takes as long as its decoding.
    if (!Grow(dump, dumping.capacity)) return -ENOMEM;
    SocketRow& row = dump.rows[dump.count];
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
    Dumping dumping{fd, port, states, max_rows, buffer, 0};
    result = DumpFamily(dumping, 1, AF_INET, dump);
    if (result > 0 && !dump.is_truncated) result = DumpFamily(dumping, 2, AF_INET6, dump);
    CloseDescriptor(fd);
  }
  std::free(buffer);
  // A dump of no sockets ends with success. This is a kernel without tcp_diag.
  if (result == -ENOENT) return -EPROTONOSUPPORT;
  return result < 0 ? result : 0;
}

void FreeDump(SocketDump& dump) {
  std::free(dump.rows);
  dump = SocketDump{};
}

}  // namespace sockinfo
