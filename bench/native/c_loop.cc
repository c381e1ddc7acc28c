// The bare C loops: what the system calls alone cost, in this process and on these descriptors. And the clock that
// all calls are measured with. Linux only.
#define NAPI_VERSION 8
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <node_api.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>

#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

namespace {

int ReadOption(int fd, int level, int option) {
  // The size of sockinfo's buffer.
  char buffer[512];
  socklen_t length = sizeof buffer;
  return getsockopt(fd, level, option, buffer, &length);
}

int AskTcpInfo(int fd) { return ReadOption(fd, IPPROTO_TCP, TCP_INFO); }

int AskPeerCred(int fd) { return ReadOption(fd, SOL_SOCKET, SO_PEERCRED); }

int AskPeerIdentity(int fd) {
  sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return -1;
  if (ReadOption(fd, SOL_SOCKET, SO_PEERCRED) != 0) return -1;
  return ReadOption(fd, SOL_SOCKET, SO_PEERGROUPS);
}

int AskCongestionName(int fd) { return ReadOption(fd, IPPROTO_TCP, TCP_CONGESTION); }

int AskCongestion(int fd) {
  if (AskCongestionName(fd) != 0) return -1;
  return ReadOption(fd, IPPROTO_TCP, TCP_CC_INFO);
}

// The calls of getSocketOptions() for an IPv4 connection. Older kernels lack some options, which is no failure.
int AskSocketOptions(int fd) {
  constexpr struct {
    int level;
    int option;
  } kOptions[] = {{IPPROTO_TCP, TCP_KEEPIDLE},      {SOL_SOCKET, SO_KEEPALIVE},
                  {IPPROTO_TCP, TCP_KEEPINTVL},     {IPPROTO_TCP, TCP_KEEPCNT},
                  {IPPROTO_TCP, TCP_NODELAY},       {SOL_SOCKET, SO_RCVBUF},
                  {SOL_SOCKET, SO_SNDBUF},          {SOL_SOCKET, SO_BUF_LOCK},
                  {IPPROTO_TCP, TCP_USER_TIMEOUT},  {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
                  {SOL_SOCKET, SO_MAX_PACING_RATE}, {SOL_SOCKET, SO_MARK},
                  {SOL_SOCKET, SO_COOKIE},          {IPPROTO_IP, IP_TOS}};
  for (const auto& each : kOptions) {
    char value[8];
    socklen_t length = sizeof value;
    getsockopt(fd, each.level, each.option, value, &length);
  }
  sockaddr_storage address;
  socklen_t length = sizeof address;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
}

int AskSocketMemory(int fd) { return ReadOption(fd, SOL_SOCKET, SO_MEMINFO); }

// The calls of getQueuedBytes().
int AskSocketQueues(int fd) {
  char state = 0;
  socklen_t length = sizeof state;
  int number = 0;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &length) != 0) return -1;
  if (ioctl(fd, FIONREAD, &number) != 0 || ioctl(fd, TIOCOUTQ, &number) != 0) return -1;
  return ioctl(fd, SIOCOUTQNSD, &number);
}

// The calls of getMptcpInfo(), with space for eight subflows: MPTCP_INFO, MPTCP_SUBFLOW_ADDRS, MPTCP_TCPINFO and
// MPTCP_SUBFLOW_ADDRS again.
int AskMptcpInfo(int fd) {
  constexpr int kLevelMptcp = 284;
  if (ReadOption(fd, kLevelMptcp, 1) != 0) return -1;
  constexpr struct {
    int option;
    std::uint32_t element_size;
  } kArrays[] = {{3, 256}, {2, 512}, {3, 256}};
  for (const auto& each : kArrays) {
    std::uint32_t answer[4 + 8 * 128] = {16, 0, 0, each.element_size};
    socklen_t length = 16 + 8 * each.element_size;
    if (getsockopt(fd, kLevelMptcp, each.option, answer, &length) != 0) return -1;
  }
  return 0;
}

// The CPU time that the calling thread has used, in nanoseconds. A double is exact up to 104 days.
double ThreadCpuNs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Makes `count` calls, on each descriptor in turn. Returns the nanoseconds of CPU time per call, or -errno of the
// first failed call.
template <int (*ask)(int fd)>
double Measure(const std::int32_t* fds, std::size_t length, std::uint32_t count) {
  const double start = ThreadCpuNs();
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < count; i++) {
    if (ask(fds[at]) != 0) return -errno;
    if (++at == length) at = 0;
  }
  return (ThreadCpuNs() - start) / count;
}

// () => number
napi_value ReadThreadClock(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  napi_create_double(env, ThreadCpuNs(), &result);
  return result;
}

// (fds: Int32Array, count: number) => number
template <int (*ask)(int fd)>
napi_value Loop(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  std::size_t argument_count = 2;
  napi_get_cb_info(env, info, &argument_count, arguments, nullptr, nullptr);

  napi_typedarray_type type;
  std::size_t length = 0;
  void* fds = nullptr;
  std::uint32_t count = 0;
  if (napi_get_typedarray_info(env, arguments[0], &type, &length, &fds, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array || length == 0 || napi_get_value_uint32(env, arguments[1], &count) != napi_ok ||
      count == 0) {
    napi_throw_type_error(env, nullptr, "expected an Int32Array of descriptors, and a count");
    return nullptr;
  }

  napi_value result = nullptr;
  napi_create_double(env, Measure<ask>(static_cast<const std::int32_t*>(fds), length, count), &result);
  return result;
}

void DefineFunction(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

napi_value Init(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "threadCpuNs", ReadThreadClock);
  DefineFunction(env, exports, "loopTcpInfo", Loop<AskTcpInfo>);
  DefineFunction(env, exports, "loopPeerCred", Loop<AskPeerCred>);
  DefineFunction(env, exports, "loopPeerIdentity", Loop<AskPeerIdentity>);
  DefineFunction(env, exports, "loopCongestionName", Loop<AskCongestionName>);
  DefineFunction(env, exports, "loopCongestion", Loop<AskCongestion>);
  DefineFunction(env, exports, "loopSocketOptions", Loop<AskSocketOptions>);
  DefineFunction(env, exports, "loopSocketMemory", Loop<AskSocketMemory>);
  DefineFunction(env, exports, "loopSocketQueues", Loop<AskSocketQueues>);
  DefineFunction(env, exports, "loopMptcpInfo", Loop<AskMptcpInfo>);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
