// Implements netlink.h.
#include "netlink.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "retry_on_eintr.h"

// Linux 3.10 renamed it.
#ifndef NETLINK_SOCK_DIAG
#define NETLINK_SOCK_DIAG 4
#endif

// Linux 5.3.
#ifndef UDIAG_SHOW_UID
#define UNIX_DIAG_UID 7
#endif

namespace sockinfo {

namespace {

static_assert(sizeof(nlmsghdr) == 16 && sizeof(nlattr) == 4);
static_assert(sizeof(unix_diag_msg) == 16 && sizeof(unix_diag_vfs) == 8 && sizeof(unix_diag_rqlen) == 8);
static_assert(sizeof(inet_diag_msg) == 72 && offsetof(inet_diag_msg, id.idiag_cookie) == 44);

// The kernel queues its answer before send(2) returns. So these limits matter only if something is wrong.
constexpr int kMaxWaits = 16;
constexpr int kWaitMs = 100;
constexpr int kMaxErrno = 4095;
// SK_MEMINFO_DROPS, Linux 4.7. The headers of glibc may be older.
constexpr std::size_t kDropsOffset = 8 * sizeof(std::uint32_t);

// Netlink pads messages and attributes to a multiple of four. The last one may lack its padding.
void Skip(ByteSpan& bytes, std::size_t length) {
  const std::size_t padded = std::min((length + 3) & ~std::size_t{3}, bytes.length);
  bytes.data += padded;
  bytes.length -= padded;
}

// The kernel sends network byte order, whatever the order of this machine.
std::uint16_t Port(const void* wire) {
  std::uint8_t bytes[2];
  std::memcpy(bytes, wire, sizeof bytes);
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

// Takes the first attribute off `bytes`. Returns 1, 0 if nothing is left, or -EPROTO if no whole attribute is left.
int TakeAttribute(ByteSpan& bytes, int& type, ByteSpan& value) {
  if (bytes.length == 0) return 0;
  nlattr attribute{};
  if (bytes.length < sizeof attribute) return -EPROTO;
  std::memcpy(&attribute, bytes.data, sizeof attribute);
  if (attribute.nla_len < sizeof attribute || attribute.nla_len > bytes.length) return -EPROTO;
  type = attribute.nla_type & NLA_TYPE_MASK;
  value = {bytes.data + sizeof attribute, attribute.nla_len - sizeof attribute};
  Skip(bytes, attribute.nla_len);
  return 1;
}

void CopyInfo(ByteSpan info, SocketRow& row) {
  const std::size_t length = std::min(info.length, sizeof row.info);
  std::memcpy(row.info, info.data, length);
  row.info_length = static_cast<std::uint32_t>(length);
}

void CopyDrops(ByteSpan memory, SocketRow& row) {
  if (memory.length < kDropsOffset + sizeof row.drops) return;
  std::memcpy(&row.drops, memory.data + kDropsOffset, sizeof row.drops);
  row.has_drops = 1;
}

void CopyName(ByteSpan name, UnixRow& row) {
  std::size_t length = name.length;
  // The kernel ends a path with a 0.
  if (length > 0 && name.data[0] != 0 && name.data[length - 1] == 0) length--;
  length = std::min(length, sizeof row.name);
  std::memcpy(row.name, name.data, length);
  row.name_length = static_cast<std::uint8_t>(length);
}

void Know(UnixRow& row, std::uint8_t what) { row.known = static_cast<std::uint8_t>(row.known | what); }

void CopyWord(ByteSpan value, UnixRow& row, std::uint8_t what, std::uint32_t& word) {
  if (value.length < sizeof word) return;
  std::memcpy(&word, value.data, sizeof word);
  Know(row, what);
}

void CopyFile(ByteSpan value, UnixRow& row) {
  unix_diag_vfs file{};
  if (value.length < sizeof file) return;
  std::memcpy(&file, value.data, sizeof file);
  row.file_inode = file.udiag_vfs_ino;
  row.file_device = file.udiag_vfs_dev;
  Know(row, kKnowsFile);
}

void CopyQueues(ByteSpan value, UnixRow& row) {
  unix_diag_rqlen queues{};
  if (value.length < sizeof queues) return;
  std::memcpy(&queues, value.data, sizeof queues);
  row.receive_queue = queues.udiag_rqueue;
  row.send_queue = queues.udiag_wqueue;
  Know(row, kKnowsQueues);
}

}  // namespace

int OpenSockDiag() {
  const int fd = RetryOnEintr([] { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG); });
  return fd < 0 ? -errno : fd;
}

int SendToKernel(int fd, const void* request, std::size_t length) {
  return RetryOnEintr([&] { return send(fd, request, length, 0); }) < 0 ? -errno : 0;
}

int ReceiveFromKernel(int fd, void* out, std::size_t capacity) {
  sockaddr_nl sender{};
  iovec part{out, capacity};
  msghdr header{};
  header.msg_name = &sender;
  header.msg_namelen = sizeof sender;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  const auto length = RetryOnEintr([&] { return recvmsg(fd, &header, MSG_DONTWAIT); });
  if (length < 0) return -errno;
  const bool has_sender = header.msg_namelen == sizeof sender && sender.nl_family == AF_NETLINK;
  if (!has_sender || sender.nl_pid != 0) return 0;
  return (header.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : static_cast<int>(length);
}

int AwaitKernel(int fd, void* out, std::size_t capacity) {
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

int TakeMessage(ByteSpan& datagram, NetlinkMessage& message) {
  if (datagram.length == 0) return 0;
  nlmsghdr header{};
  if (datagram.length < sizeof header) return -EPROTO;
  std::memcpy(&header, datagram.data, sizeof header);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.length) return -EPROTO;
  message.type = header.nlmsg_type;
  message.flags = header.nlmsg_flags;
  message.sequence = header.nlmsg_seq;
  message.payload = {datagram.data + sizeof header, header.nlmsg_len - sizeof header};
  Skip(datagram, header.nlmsg_len);
  return 1;
}

int DecodeSocketRow(ByteSpan payload, SocketRow& row) {
  inet_diag_msg message{};
  if (payload.length < sizeof message) return -EPROTO;
  std::memcpy(&message, payload.data, sizeof message);
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return -EPROTO;
  const bool is_v4 = message.idiag_family == AF_INET;
  row = SocketRow{};
  row.id.ip_version = is_v4 ? 4 : 6;
  row.id.local_port = Port(&message.id.idiag_sport);
  row.id.remote_port = Port(&message.id.idiag_dport);
  std::memcpy(row.id.local_address, message.id.idiag_src, is_v4 ? 4 : 16);
  std::memcpy(row.id.remote_address, message.id.idiag_dst, is_v4 ? 4 : 16);
  row.id.interface_index = message.id.idiag_if;
  // The low word comes first, whatever the byte order of this machine.
  row.id.cookie = std::uint64_t{message.id.idiag_cookie[1]} << 32 | message.id.idiag_cookie[0];
  row.state = message.idiag_state;
  row.timer = message.idiag_timer;
  row.retransmits = message.idiag_retrans;
  row.expires_ms = message.idiag_expires;
  row.receive_queue = message.idiag_rqueue;
  row.send_queue = message.idiag_wqueue;
  row.uid = message.idiag_uid;
  row.inode = message.idiag_inode;
  Skip(payload, sizeof message);
  int type = 0;
  int taken = 0;
  ByteSpan value{};
  while ((taken = TakeAttribute(payload, type, value)) > 0) {
    if (type == INET_DIAG_INFO) CopyInfo(value, row);
    if (type == INET_DIAG_SKMEMINFO) CopyDrops(value, row);
  }
  return taken;
}

int DecodeUnixRow(ByteSpan payload, UnixRow& row, ByteSpan& waiting) {
  unix_diag_msg message{};
  if (payload.length < sizeof message) return -EPROTO;
  std::memcpy(&message, payload.data, sizeof message);
  if (message.udiag_family != AF_UNIX) return -EPROTO;
  row = UnixRow{};
  row.cookie = std::uint64_t{message.udiag_cookie[1]} << 32 | message.udiag_cookie[0];
  row.inode = message.udiag_ino;
  row.type = message.udiag_type;
  row.state = message.udiag_state;
  waiting = {};
  Skip(payload, sizeof message);
  int type = 0;
  int taken = 0;
  ByteSpan value{};
  while ((taken = TakeAttribute(payload, type, value)) > 0) {
    if (type == UNIX_DIAG_NAME) CopyName(value, row);
    if (type == UNIX_DIAG_VFS) CopyFile(value, row);
    if (type == UNIX_DIAG_PEER) CopyWord(value, row, kKnowsPeer, row.peer_inode);
    if (type == UNIX_DIAG_UID) CopyWord(value, row, kKnowsUid, row.uid);
    if (type == UNIX_DIAG_RQLEN) CopyQueues(value, row);
    if (type == UNIX_DIAG_ICONS) waiting = value;
  }
  return taken;
}

int DecodeStatus(ByteSpan payload) {
  int status = 0;
  if (payload.length < sizeof status) return -EPROTO;
  std::memcpy(&status, payload.data, sizeof status);
  return status >= -kMaxErrno && status <= 0 ? status : -EPROTO;
}

int Status(const NetlinkMessage& message) {
  if (message.type != NLMSG_DONE && message.type != NLMSG_ERROR) return -EPROTO;
  const int status = DecodeStatus(message.payload);
  if (status != 0) return status;
  return message.type == NLMSG_DONE ? kDone : -EPROTO;
}

}  // namespace sockinfo
