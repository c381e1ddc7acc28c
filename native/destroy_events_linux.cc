// Implements destroy_events.h: netlink(7), sock_diag(7), packet(7) for the filter.
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "destroy_events.h"
#include "getsockopt.h"
#include "netlink.h"
#include "own_socket.h"
#include "retry_on_eintr.h"
#include "socket_info.h"

// Linux 4.12. The number is the same on every architecture that Node runs on. The headers of glibc may be older.
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

namespace sockinfo {

struct DestroyListener {
  int netlink;
  // An eventfd. The thread ends when it is readable.
  int stop;
  pthread_t thread;
  DeliverBatch deliver;
  void* receiver;
  // Announcements that came and could not be read.
  std::uint32_t unreadable;
};

namespace {

// The numbers of the enum sknetlink_groups, which old headers lack. A socket is announced in the group of its own
// family. The connections of a server that listens at "::" are in the second group, even those of IPv4 clients.
constexpr int kGroups[] = {1, 3};

// Offset of idiag_sport from the header of the message, where the filter begins to count.
constexpr unsigned kLocalPortOffset = 16 + 4;
// The kernel caps the size at net.core.rmem_max. Each announcement that waits takes about 1300 bytes.
constexpr int kReceiveBufferBytes = 1 << 20;
// One message has 380 bytes on Linux 6.18.
constexpr std::size_t kMessageCapacity = 1024;
// After the first announcement the thread waits for more, because each wake-up of the thread and of JavaScript costs
// more than the announcement.
constexpr int kGatherMs = 50;
// The same while many come, because the smallest buffers hold 332 announcements.
constexpr int kBusyGatherMs = 20;
constexpr int kBusyCount = 32;
constexpr int kSelfTestMs = 3000;
constexpr std::size_t kMemInfoWords = 9;
constexpr std::size_t kMemInfoDrops = 8;
constexpr std::uint32_t kAcceptAll = 0xffffffff;

int SetOption(int fd, int level, int option, const void* value, std::size_t length) {
  const int result = setsockopt(fd, level, option, value, static_cast<socklen_t>(length));
  return result == 0 ? 0 : -errno;
}

int SetFilter(int fd, const std::uint16_t* ports, std::size_t count) {
  sock_filter code[kMaxFilteredPorts + 3];
  unsigned short length = 0;
  if (count <= kMaxFilteredPorts) {
    code[length++] = sock_filter BPF_STMT(BPF_LD | BPF_H | BPF_ABS, kLocalPortOffset);
    for (std::size_t i = 0; i < count; i++) {
      const auto to_accept = static_cast<std::uint8_t>(count - i);
      code[length++] = sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[i], to_accept, 0);
    }
    code[length++] = sock_filter BPF_STMT(BPF_RET | BPF_K, 0);
  }
  code[length++] = sock_filter BPF_STMT(BPF_RET | BPF_K, kAcceptAll);
  const sock_fprog program{length, code};
  return SetOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// Everything that can't block.
int Open(const std::uint16_t* ports, std::size_t count) {
  const int fd = OpenSockDiag();
  if (fd < 0) return fd;
  const int on = 1;
  // With this option, losses do not make recvmsg() fail. They are counted anyway. Both options may be missing.
  SetOption(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on);
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  int status = SetFilter(fd, ports, count);
  if (status == 0) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    status = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : -errno;
  }
  if (status == 0) return fd;
  CloseDescriptor(fd);
  return status;
}

int JoinGroups(int fd) {
  for (const int group : kGroups) {
    const int status = SetOption(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
    if (status != 0) return status;
  }
  return 0;
}

// Closes a socket, which the kernel then announces.
int CloseOwnSocket() {
  int fd = OpenStreamSocket(AF_INET);
  if (fd == -EAFNOSUPPORT) fd = OpenStreamSocket(AF_INET6);
  return fd < 0 ? fd : CloseDescriptor(fd);
}

// Returns 0 if nothing happened within `timeout_ms`, 1 if an announcement waits, or -ECANCELED if the thread must end.
int Wait(const DestroyListener& listener, int timeout_ms) {
  pollfd ready[] = {{listener.stop, POLLIN, 0}, {listener.netlink, POLLIN, 0}};
  const int count = RetryOnEintr([&] { return poll(ready, 2, timeout_ms); });
  if (count < 0) return -errno;
  if (ready[0].revents != 0) return -ECANCELED;
  return count;
}

bool MustStop(const DestroyListener& listener, int timeout_ms) {
  pollfd stop{listener.stop, POLLIN, 0};
  return RetryOnEintr([&] { return poll(&stop, 1, timeout_ms); }) != 0;
}

// Appends the announcement to the batch. Returns false if it is no valid announcement.
bool AddRow(ByteSpan datagram, DestroyBatch& batch) {
  NetlinkMessage message{};
  if (TakeMessage(datagram, message) != 1 || message.type != SOCK_DIAG_BY_FAMILY) return false;
  SocketRow& row = batch.rows[batch.count];
  if (DecodeSocketRow(message.payload, row) != 0 || row.state != TCP_CLOSE) return false;
  // Port 0 is the self-test's, or a socket that was never bound.
  if (row.id.local_port != 0) batch.count++;
  return true;
}

// Fills the batch with what waits. Returns the number of datagrams read, at most the capacity, or -errno.
int Receive(DestroyListener& listener, DestroyBatch& batch) {
  std::uint8_t bytes[kMessageCapacity];
  for (std::size_t i = 0; i < DestroyBatch::kCapacity; i++) {
    const int length = ReceiveFromKernel(listener.netlink, bytes, sizeof bytes);
    if (length == -EAGAIN) return static_cast<int>(i);
    // Another process has sent it.
    if (length == 0) continue;
    if (length < 0 && length != -EMSGSIZE && length != -ENOBUFS) return length;
    if (length < 0 || !AddRow({bytes, static_cast<std::size_t>(length)}, batch)) listener.unreadable++;
  }
  return DestroyBatch::kCapacity;
}

// SO_MEMINFO counts what the kernel could not queue, and not what the filter refused.
std::uint32_t CountLost(const DestroyListener& listener) {
  std::uint32_t words[kMemInfoWords] = {};
  GetSocketOption(listener.netlink, SOL_SOCKET, SO_MEMINFO, words, sizeof words);
  return words[kMemInfoDrops] + listener.unreadable;
}

// Returns false if the thread must end.
bool Deliver(const DestroyListener& listener, DestroyBatch* batch) {
  for (;;) {
    const Delivery delivery = listener.deliver(listener.receiver, batch);
    if (delivery == Delivery::kTaken) return true;
    // While the receiver is busy, announcements wait in the socket's buffer.
    if (delivery == Delivery::kClosed || MustStop(listener, kGatherMs)) break;
  }
  delete batch;
  return false;
}

bool DeliverStatus(const DestroyListener& listener, int status) {
  auto* batch = new DestroyBatch;
  batch->status = status;
  batch->lost = CountLost(listener);
  batch->count = 0;
  return Deliver(listener, batch);
}

// Reads and delivers one batch. Returns the number of datagrams read, or -errno.
int DeliverNext(DestroyListener& listener) {
  auto* batch = new DestroyBatch;
  batch->status = 0;
  batch->count = 0;
  const int read = Receive(listener, *batch);
  batch->lost = CountLost(listener);
  if (read < 0 || (batch->count == 0 && batch->lost == 0)) {
    delete batch;
    return read;
  }
  return Deliver(listener, batch) ? read : -ECANCELED;
}

// Returns 0 once an announcement has come.
int TestItself(const DestroyListener& listener) {
  const int joined = JoinGroups(listener.netlink);
  if (joined != 0) return joined;
  const int closed = CloseOwnSocket();
  if (closed != 0) return closed;
  const int ready = Wait(listener, kSelfTestMs);
  if (ready < 0) return ready;
  return ready == 0 ? -ETIMEDOUT : 0;
}

// Reads and delivers all that waits. Returns the number of datagrams read, or -errno.
int DeliverAll(DestroyListener& listener) {
  int total = 0;
  for (;;) {
    const int read = DeliverNext(listener);
    if (read < 0) return read;
    total += read;
    if (read < static_cast<int>(DestroyBatch::kCapacity)) return total;
    if (MustStop(listener, 0)) return -ECANCELED;
  }
}

int Listen(DestroyListener& listener) {
  int status = TestItself(listener);
  if (status != 0) return status;
  if (!DeliverStatus(listener, 0)) return -ECANCELED;
  for (int count = 0;;) {
    status = Wait(listener, -1);
    if (status < 0) return status;
    if (MustStop(listener, count < kBusyCount ? kGatherMs : kBusyGatherMs)) return -ECANCELED;
    count = DeliverAll(listener);
    if (count < 0) return count;
  }
}

void* Run(void* data) {
  auto& listener = *static_cast<DestroyListener*>(data);
  const int status = Listen(listener);
  if (status != -ECANCELED) DeliverStatus(listener, status);
  return nullptr;
}

// The thread must not take signals from those that expect them. It inherits the mask of its creator.
int StartThread(DestroyListener* listener) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // No attributes, because their functions have several versions in glibc.
  const int error = pthread_create(&listener->thread, nullptr, Run, listener);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return -error;
}

void Discard(DestroyListener* listener) {
  if (listener->netlink >= 0) CloseDescriptor(listener->netlink);
  if (listener->stop >= 0) CloseDescriptor(listener->stop);
  delete listener;
}

}  // namespace

int StartDestroyListener(const std::uint16_t* ports, std::size_t count, DeliverBatch deliver, void* receiver,
                         DestroyListener** listener) {
  auto* started = new DestroyListener{-1, -1, {}, deliver, receiver, 0};
  started->netlink = Open(ports, count);
  int status = std::min(started->netlink, 0);
  if (status == 0) {
    started->stop = eventfd(0, EFD_CLOEXEC);
    status = started->stop < 0 ? -errno : StartThread(started);
  }
  if (status == 0) {
    *listener = started;
  } else {
    Discard(started);
  }
  return status;
}

int SetDestroyPorts(DestroyListener* listener, const std::uint16_t* ports, std::size_t count) {
  return SetFilter(listener->netlink, ports, count);
}

void StopDestroyListener(DestroyListener* listener) {
  const std::uint64_t one = 1;
  // Can't fail: the counter of an eventfd is far from its limit.
  static_cast<void>(RetryOnEintr([&] { return write(listener->stop, &one, sizeof one); }));
  pthread_join(listener->thread, nullptr);
  Discard(listener);
}

}  // namespace sockinfo
