// Passes datagrams to the functions of native/netlink.h, and prints what they return. Each datagram ends where an
// unreadable page begins, so reading beyond it ends the process.
//   netlink-messages decode   for each datagram of standard input, after its length as a word: one line
//   netlink-messages unix     the same for messages about Unix sockets
//   netlink-messages receive  datagrams of the kernel and of a process, needs CAP_NET_ADMIN
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "../../native/netlink.h"

namespace {

constexpr std::size_t kPage = 65536;

void PrintMessages(sockinfo::ByteSpan datagram) {
  sockinfo::NetlinkMessage message{};
  int taken = 0;
  while ((taken = sockinfo::TakeMessage(datagram, message)) > 0) {
    sockinfo::SocketRow row{};
    const int decoded = sockinfo::DecodeSocketRow(message.payload, row);
    std::printf("%u/%x/%u/%d/%d", message.type, message.flags, message.sequence, decoded,
                sockinfo::DecodeStatus(message.payload));
    if (decoded == 0) {
      std::printf("/%u/%u/%u/%llx/%u/", row.id.ip_version, row.id.local_port, row.id.remote_port,
                  static_cast<unsigned long long>(row.id.cookie), row.info_length);
      unsigned sum = 0;
      for (std::size_t i = 0; i < row.info_length; i++) sum += row.info[i];
      std::printf("%u/", sum);
      std::printf(row.has_drops == 1 ? "d%u" : "-", row.drops);
    }
    std::printf(" ");
  }
  std::printf("end %d\n", taken);
}

void PrintUnixMessages(sockinfo::ByteSpan datagram) {
  sockinfo::NetlinkMessage message{};
  int taken = 0;
  while ((taken = sockinfo::TakeMessage(datagram, message)) > 0) {
    sockinfo::UnixRow row{};
    sockinfo::ByteSpan waiting{};
    const int decoded = sockinfo::DecodeUnixRow(message.payload, row, waiting);
    std::printf("%d", decoded);
    if (decoded == 0) {
      std::printf("/%u/%u/%u/%llx/%x/%u/%u/%u/%x/%u/%u/", row.type, row.state, row.inode,
                  static_cast<unsigned long long>(row.cookie), row.known, row.peer_inode, row.uid, row.file_inode,
                  row.file_device, row.receive_queue, row.send_queue);
      for (std::size_t i = 0; i < row.name_length; i++) std::printf("%02x", row.name[i]);
      // Reads each byte, so that a wrong length would end the process.
      unsigned sum = 0;
      for (std::size_t i = 0; i < waiting.length; i++) sum += waiting.data[i];
      std::printf("/%zu/%u", waiting.length, sum);
    }
    std::printf(" ");
  }
  std::printf("end %d\n", taken);
}

int Decode(void (*print)(sockinfo::ByteSpan)) {
  void* pages = mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return 1;
  auto* end = static_cast<std::uint8_t*>(pages) + kPage;
  if (mprotect(end, kPage, PROT_NONE) != 0) return 1;
  std::uint32_t length = 0;
  while (std::fread(&length, sizeof length, 1, stdin) == 1) {
    if (length > kPage || (length > 0 && std::fread(end - length, length, 1, stdin) != 1)) return 1;
    print({end - length, length});
  }
  return 0;
}

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 question;
};

// A dump of no states, which the kernel answers with NLMSG_DONE.
void Ask(int fd, std::uint16_t flags) {
  Request request{};
  request.header = {sizeof request, SOCK_DIAG_BY_FAMILY, flags, 5, 0};
  request.question.sdiag_family = AF_INET;
  request.question.sdiag_protocol = IPPROTO_TCP;
  if (send(fd, &request, sizeof request, 0) < 0) std::perror("send");
}

int Receive() {
  const int fd = sockinfo::OpenSockDiag();
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  socklen_t size = sizeof own;
  if (bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) return 1;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) return 1;
  std::uint8_t buffer[4096];
  std::printf("empty %d\n", sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer));

  const int stranger = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  const nlmsghdr forged = {sizeof forged, NLMSG_DONE, 0, 5, 0};
  const auto sent = sendto(stranger, &forged, sizeof forged, 0, reinterpret_cast<sockaddr*>(&own), sizeof own);
  std::printf("sent %zd\n", sent);
  Ask(fd, NLM_F_REQUEST | NLM_F_DUMP);
  std::printf("forged %d\n", sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer));
  const int length = sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer);
  std::printf("kernel %d ", length);
  if (length > 0) PrintMessages({buffer, static_cast<std::size_t>(length)});

  Ask(fd, NLM_F_REQUEST | NLM_F_DUMP);
  std::printf("truncated %d\n", sockinfo::ReceiveFromKernel(fd, buffer, 8));
  std::printf("empty %d\n", sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer));

  // Each of these is answered by an error. The kernel drops what does not fit into the queue, and reports it once.
  for (int i = 0; i < 10000; i++) Ask(fd, NLM_F_REQUEST);
  std::printf("lost %d\n", sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer));
  std::printf("next %d\n", sockinfo::ReceiveFromKernel(fd, buffer, sizeof buffer) > 0);
  close(stranger);
  close(fd);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  if (std::strcmp(arguments[1], "receive") == 0) return Receive();
  return Decode(std::strcmp(arguments[1], "unix") == 0 ? PrintUnixMessages : PrintMessages);
}
