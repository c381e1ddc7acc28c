// Implements unix_diag.h: sock_diag(7), netlink(7).
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "netlink.h"
#include "own_socket.h"
#include "unix_diag.h"

// Linux 5.3. The headers of glibc may be older. Older kernels ignore it.
#ifndef UDIAG_SHOW_UID
#define UDIAG_SHOW_UID 0x40
#endif

namespace sockinfo {

namespace {

constexpr std::uint32_t kSequence = 1;

struct Request {
  nlmsghdr header;
  unix_diag_req question;
};
static_assert(sizeof(unix_diag_req) == 24 && sizeof(Request) == 40);

Request MakeRequest() {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = kSequence;
  request.question.sdiag_family = AF_UNIX;
  request.question.udiag_states = ~std::uint32_t{0};
  request.question.udiag_show =
      UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
  return request;
}

// Returns 0, or kDone if there are enough rows, or -ENOMEM.
int Append(const UnixRow& row, std::size_t max_rows, UnixDump& dump) {
  dump.is_truncated = dump.count == max_rows;
  if (dump.is_truncated) return kDone;
  UnixRow* place = NextRow(dump);
  if (place == nullptr) return -ENOMEM;
  *place = row;
  dump.count++;
  return 0;
}

// A connection that waits at that listener.
UnixRow WaitingRow(const UnixRow& listener, std::uint32_t client_inode) {
  UnixRow row = listener;
  row.cookie = 0;
  row.inode = 0;
  row.peer_inode = client_inode;
  row.state = kEstablished;
  row.receive_queue = 0;
  row.send_queue = 0;
  row.known = static_cast<std::uint8_t>((listener.known & kKnowsFile) | kKnowsPeer);
  return row;
}

int AppendWaiting(const UnixRow& listener, ByteSpan waiting, std::size_t max_rows, UnixDump& dump) {
  std::uint32_t inode = 0;
  for (std::size_t at = 0; at + sizeof inode <= waiting.length; at += sizeof inode) {
    std::memcpy(&inode, waiting.data + at, sizeof inode);
    // The client has already closed its end.
    if (inode == 0) continue;
    const int result = Append(WaitingRow(listener, inode), max_rows, dump);
    if (result != 0) return result;
  }
  return 0;
}

int DumpAll(int fd, void* buffer, std::size_t max_rows, UnixDump& dump) {
  const auto request = MakeRequest();
  const int sent = SendToKernel(fd, &request, sizeof request);
  if (sent < 0) return sent;
  return ForEachMessage(fd, kSequence, buffer, kDumpCapacity, [&](const NetlinkMessage& message) {
    if ((message.flags & NLM_F_DUMP_INTR) != 0) dump.is_interrupted = true;
    if (message.type != SOCK_DIAG_BY_FAMILY) return Status(message);
    UnixRow row{};
    ByteSpan waiting{};
    const int error = DecodeUnixRow(message.payload, row, waiting);
    if (error < 0) return error;
    const int result = Append(row, max_rows, dump);
    return result != 0 ? result : AppendWaiting(row, waiting, max_rows, dump);
  });
}

}  // namespace

int DumpUnixSockets(std::size_t max_rows, UnixDump& dump) {
  void* buffer = std::malloc(kDumpCapacity);
  if (buffer == nullptr) return -ENOMEM;
  const int fd = OpenSockDiag();
  int result = fd;
  if (fd >= 0) {
    result = DumpAll(fd, buffer, max_rows, dump);
    CloseDescriptor(fd);
  }
  std::free(buffer);
  // A dump of no sockets ends with success. This is a kernel without unix_diag.
  if (result == -ENOENT) return -EPROTONOSUPPORT;
  return result < 0 ? result : 0;
}

}  // namespace sockinfo
