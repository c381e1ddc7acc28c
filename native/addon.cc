// The entry point of the addon, and the N-API glue for socket_info.h, socket_options.h, socket_queues.h,
// socket_address.h and mptcp_info.h. Each native function converts its arguments, calls one function of these headers
// and returns the number. This file makes no system call and decodes nothing. src/addon/native-binding.ts has the types
// of the exports.
#include "addon.h"

#include <napi.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "arguments.h"
#include "mptcp_info.h"
#include "socket_address.h"
#include "socket_info.h"
#include "socket_options.h"
#include "socket_queues.h"

namespace sockinfo {

namespace {

// Holds every known struct (Linux's tcp_info has 280 bytes) and leaves space for longer ones.
constexpr std::size_t kBufferSize = 512;

// One for each environment (main thread or worker), so that threads share nothing mutable.
struct Environment {
  // Keeps the buffer alive.
  napi_ref buffer;
  void* bytes;
};

using Reader = int (*)(int fd, void* out, std::size_t capacity);

// (fd | handle) => number: the length of the answer, or -errno. Writes the answer to the environment's buffer.
template <Reader read>
napi_value ReadIntoBuffer(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto* environment = static_cast<Environment*>(arguments.data);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  return Int32(env, fd < 0 ? -EBADF : read(fd, environment->bytes, kBufferSize));
}

// (fd | handle, target: Uint8Array) => number: the length of the answer, or -errno. Writes the answer to `target`, so
// it may be longer than kBufferSize.
template <Reader read>
napi_value ReadInto(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  if (fd < 0) return Int32(env, -EBADF);
  const auto target = ReadTypedArray(env, arguments.values[1], napi_uint8_array);
  return Int32(env, target.is_valid ? read(fd, target.data, target.length) : -EFAULT);
}

// (fds: Int32Array, rows: Uint8Array) => number: 0, or -EFAULT if an argument has another type or `rows` is shorter
// than kBufferSize for each descriptor. Writes each answer to the descriptor's row, and replaces the descriptor in
// `fds` by the answer's length or -errno. No JavaScript runs meanwhile, so nothing can detach an array.
template <Reader read>
napi_value ReadRows(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto fds = ReadTypedArray(env, arguments.values[0], napi_int32_array);
  const auto rows = ReadTypedArray(env, arguments.values[1], napi_uint8_array);
  if (!fds.is_valid || !rows.is_valid || rows.length / kBufferSize < fds.length) return Int32(env, -EFAULT);
  auto* fd = static_cast<std::int32_t*>(fds.data);
  auto* row = static_cast<std::uint8_t*>(rows.data);
  for (std::size_t i = 0; i < fds.length; i++, fd++, row += kBufferSize) {
    *fd = *fd < 0 ? -EBADF : read(*fd, row, kBufferSize);
  }
  return Int32(env, 0);
}

// (fd | handle) => number: the result of `get`, which is -errno if it failed.
template <int (*get)(int fd)>
napi_value ReadNumber(napi_env env, napi_callback_info info) {
  const int fd = ReadDescriptor(env, ReadArguments(env, info).values[0]);
  return Int32(env, fd < 0 ? -EBADF : get(fd));
}

// () => number: the result of `get`, which is -errno if it failed.
template <int (*get)()>
napi_value GetNumber(napi_env env, napi_callback_info) {
  return Int32(env, get());
}

// Error numbers differ between systems and architectures, so JavaScript gets the numbers that it compares with.
napi_value ErrorNumbers(napi_env env) {
  struct {
    const char* name;
    int number;
  } constexpr kErrors[] = {{"EINVAL", EINVAL},           {"ENOTSOCK", ENOTSOCK},     {"ENOPROTOOPT", ENOPROTOOPT},
                           {"EOPNOTSUPP", EOPNOTSUPP},   {"ECONNRESET", ECONNRESET}, {"ENOTCONN", ENOTCONN},
                           {"ENOTTY", ENOTTY},           {"ESRCH", ESRCH},           {"EADDRINUSE", EADDRINUSE},
                           {"EWOULDBLOCK", EWOULDBLOCK}, {"ENOENT", ENOENT}};
  napi_value numbers = nullptr;
  napi_create_object(env, &numbers);
  for (const auto& error : kErrors) napi_set_named_property(env, numbers, error.name, Int32(env, error.number));
  return numbers;
}

Environment* MakeEnvironment(napi_env env, napi_value* buffer) {
  auto* environment = new Environment{};
  napi_create_arraybuffer(env, kBufferSize, &environment->bytes, buffer);
  napi_create_reference(env, *buffer, 1, &environment->buffer);
  const auto discard = [](napi_env own_env, void* data, void*) {
    auto* own = static_cast<Environment*>(data);
    napi_delete_reference(own_env, own->buffer);
    delete own;
  };
  napi_set_instance_data(env, environment, discard, nullptr);
  return environment;
}

// Uses the C interface, because node-addon-api's objects would double the size of the binary.
Napi::Object Init(Napi::Env env, Napi::Object exports) {
  napi_value platform = nullptr;
  napi_create_string_utf8(env, kPlatform, NAPI_AUTO_LENGTH, &platform);
  napi_set_named_property(env, exports, "platform", platform);
  napi_set_named_property(env, exports, "unixFamily", Int32(env, kUnixFamily));
  napi_set_named_property(env, exports, "errno", ErrorNumbers(env));
  napi_value buffer = nullptr;
  auto* environment = MakeEnvironment(env, &buffer);
  napi_set_named_property(env, exports, "buffer", buffer);

  const auto define = [&](const char* name, napi_callback callback) {
    DefineFunction(env, exports, name, callback, environment);
  };
  define("tcpInfo", ReadIntoBuffer<ReadTcpInfo>);
  define("tcpInfoRows", ReadRows<ReadTcpInfo>);
  define("peerCredentials", ReadIntoBuffer<ReadPeerCredentials>);
  define("peerGroupsInto", ReadInto<ReadPeerGroups>);
  define("unixPeer", ReadIntoBuffer<ReadUnixPeer>);
  define("peerPid", ReadIntoBuffer<ReadPeerPid>);
  define("peerEffectivePid", ReadIntoBuffer<ReadPeerEffectivePid>);
  define("peerLabel", ReadIntoBuffer<ReadPeerLabel>);
  define("peerLabelInto", ReadInto<ReadPeerLabel>);
  define("peerToken", ReadIntoBuffer<ReadPeerToken>);
  define("cookie", ReadIntoBuffer<ReadCookie>);
  define("tcpInfoAndCookie", ReadIntoBuffer<ReadTcpInfoAndCookie>);
  define("protocol", ReadNumber<ReadProtocol>);
  define("peerFamily", ReadNumber<PeerFamily>);
  define("localFamily", ReadNumber<LocalFamily>);
  define("unixPath", ReadIntoBuffer<ReadUnixPath>);
  define("isListening", ReadNumber<IsListening>);
  define("isStream", ReadNumber<IsStream>);
  define("congestionName", ReadIntoBuffer<ReadCongestionName>);
  define("congestionInfo", ReadIntoBuffer<ReadCongestionInfo>);
  define("socketOptions", ReadIntoBuffer<ReadSocketOptions>);
  define("socketQueues", ReadIntoBuffer<ReadSocketQueues>);
  define("socketMemory", ReadIntoBuffer<ReadSocketMemory>);
  define("mptcpInfoInto", ReadInto<ReadMptcpInfo>);
  define("hasMptcpInfo", GetNumber<HasMptcpInfo>);
  define("remoteAddress", ReadIntoBuffer<ReadRemoteAddress>);
  define("addresses", ReadIntoBuffer<ReadAddresses>);
  DefineProcessFunctions(env, exports);
  DefineOwnSocketFunctions(env, exports);
  DefineSocketFileFunctions(env, exports);
  DefineNameFunctions(env, exports);
  DefineSockDiagFunctions(env, exports);
  DefineDestroyEventFunctions(env, exports);
  return exports;
}

}  // namespace

void DefineFunction(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, exports, name, function);
}

}  // namespace sockinfo

using sockinfo::Init;

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
