// N-API glue: unpack the argument, call the port, pack the number. No system call and no decoding here.
// src/addon/native-binding.ts types these exports; socket_info.h says what the calls mean.
#include <napi.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "socket_info.h"

namespace {

// Room for every struct there is (Linux's tcp_info has 280 bytes) and for those to come.
constexpr std::size_t kBufferSize = 512;

// One per environment (main thread, worker): nothing mutable is shared between threads.
struct Environment {
  Napi::Reference<Napi::ArrayBuffer> buffer;
  void* bytes;
};

// A descriptor, from an integer or from the live `fd` of a socket handle; -1 for anything else. A number that is not an
// integer must not be rounded into somebody's descriptor.
int ReadDescriptor(napi_env env, napi_value source) {
  double number = -1;
  if (napi_get_value_double(env, source, &number) != napi_ok) {
    napi_value fd = nullptr;
    if (napi_get_named_property(env, source, "fd", &fd) != napi_ok) {
      napi_value ignored = nullptr;
      napi_get_and_clear_last_exception(env, &ignored);
      return -1;
    }
    if (napi_get_value_double(env, fd, &number) != napi_ok) return -1;
  }
  if (!(number >= 0 && number <= INT32_MAX)) return -1;
  const auto fd = static_cast<int>(number);
  return fd == number ? fd : -1;
}

struct Arguments {
  napi_value values[2];
  void* data;
};

Arguments ReadArguments(napi_env env, napi_callback_info info) {
  Arguments arguments{};
  std::size_t count = 2;
  napi_get_cb_info(env, info, &count, arguments.values, nullptr, &arguments.data);
  return arguments;
}

struct TypedArray {
  bool is_valid;
  std::size_t length;
  void* data;
};

// `length` counts elements; it is 0 when the array has lost its buffer.
TypedArray ReadTypedArray(napi_env env, napi_value value, napi_typedarray_type expected) {
  TypedArray array{};
  napi_typedarray_type type{};
  const auto status = napi_get_typedarray_info(env, value, &type, &array.length, &array.data, nullptr, nullptr);
  array.is_valid = status == napi_ok && type == expected;
  return array;
}

napi_value Int32(napi_env env, int number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

using Reader = int (*)(int fd, void* out, std::size_t capacity);

// (fd | handle) => number: the length of what is now in the environment's buffer, or -errno.
template <Reader read>
napi_value ReadIntoBuffer(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto* environment = static_cast<Environment*>(arguments.data);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  return Int32(env, fd < 0 ? -EBADF : read(fd, environment->bytes, kBufferSize));
}

// (fd | handle, target: Uint8Array) => number: the same for an answer that the environment's buffer has no room for.
template <Reader read>
napi_value ReadInto(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  if (fd < 0) return Int32(env, -EBADF);
  const auto target = ReadTypedArray(env, arguments.values[1], napi_uint8_array);
  return Int32(env, target.is_valid ? read(fd, target.data, target.length) : -EFAULT);
}

// (fds: Int32Array, rows: Uint8Array) => number: 0, or -EFAULT where the arguments are no such arrays, or `rows` is not
// as long as the environment's buffer for each descriptor. Each descriptor's answer is written into its row, and its
// place in `fds` is given to the length of that answer, or to -errno. No JavaScript runs meanwhile that could take an
// array away.
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

// (fd | handle) => number: an address family, or -errno.
template <int (*family)(int fd)>
napi_value ReadFamily(napi_env env, napi_callback_info info) {
  const int fd = ReadDescriptor(env, ReadArguments(env, info).values[0]);
  return Int32(env, fd < 0 ? -EBADF : family(fd));
}

void DefineFunction(Napi::Object exports, const char* name, napi_callback callback, Environment* environment) {
  napi_value function = nullptr;
  napi_create_function(exports.Env(), name, NAPI_AUTO_LENGTH, callback, environment, &function);
  exports.Set(name, function);
}

// The numbers differ between systems and architectures, so JavaScript compares with these.
Napi::Object ErrorNumbers(Napi::Env env) {
  struct {
    const char* name;
    int number;
  } constexpr kErrors[] = {{"EINVAL", EINVAL},         {"ENOTSOCK", ENOTSOCK},     {"ENOPROTOOPT", ENOPROTOOPT},
                           {"EOPNOTSUPP", EOPNOTSUPP}, {"ECONNRESET", ECONNRESET}, {"ENOTCONN", ENOTCONN}};
  auto numbers = Napi::Object::New(env);
  for (const auto& error : kErrors) numbers.Set(error.name, error.number);
  return numbers;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto buffer = Napi::ArrayBuffer::New(env, kBufferSize);
  auto* environment = new Environment{Napi::Persistent(buffer), buffer.Data()};
  env.SetInstanceData(environment);

  exports.Set("platform", sockinfo::kPlatform);
  exports.Set("unixFamily", sockinfo::kUnixFamily);
  exports.Set("errno", ErrorNumbers(env));
  exports.Set("buffer", buffer);

  using namespace sockinfo;
  DefineFunction(exports, "tcpInfo", ReadIntoBuffer<ReadTcpInfo>, environment);
  DefineFunction(exports, "tcpInfoRows", ReadRows<ReadTcpInfo>, environment);
  DefineFunction(exports, "peerCredentials", ReadIntoBuffer<ReadPeerCredentials>, environment);
  DefineFunction(exports, "peerGroups", ReadIntoBuffer<ReadPeerGroups>, environment);
  DefineFunction(exports, "peerGroupsInto", ReadInto<ReadPeerGroups>, environment);
  DefineFunction(exports, "peerPid", ReadIntoBuffer<ReadPeerPid>, environment);
  DefineFunction(exports, "peerFamily", ReadFamily<PeerFamily>, environment);
  DefineFunction(exports, "localFamily", ReadFamily<LocalFamily>, environment);
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
