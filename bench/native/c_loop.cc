// The bare C loops: what the system calls alone cost, in this process and on these descriptors. Linux only.
#define NAPI_VERSION 8
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <node_api.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
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

// Makes `count` calls, on each descriptor in turn. Returns the nanoseconds per call, or -errno of the first failed
// call.
template <int (*ask)(int fd)>
double Measure(const std::int32_t* fds, std::size_t length, std::uint32_t count) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < count; i++) {
    if (ask(fds[at]) != 0) return -errno;
    if (++at == length) at = 0;
  }
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / count;
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
  DefineFunction(env, exports, "loopTcpInfo", Loop<AskTcpInfo>);
  DefineFunction(env, exports, "loopPeerCred", Loop<AskPeerCred>);
  DefineFunction(env, exports, "loopPeerIdentity", Loop<AskPeerIdentity>);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
