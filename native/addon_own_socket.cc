// N-API glue for own_socket.h.
#include <node_api.h>

#include <cerrno>

#include "addon.h"
#include "arguments.h"
#include "own_socket.h"
#include "socket_info.h"

namespace sockinfo {

namespace {

// () => number: a descriptor, or -errno.
template <const int& family>
napi_value Open(napi_env env, napi_callback_info) {
  return Int32(env, OpenStreamSocket(family));
}

// (fd, path: Uint8Array) => number: 0, or -errno.
napi_value Bind(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  if (fd < 0) return Int32(env, -EBADF);
  const auto path = ReadTypedArray(env, arguments.values[1], napi_uint8_array);
  return Int32(env, path.is_valid ? BindUnix(fd, path.data, path.length) : -EFAULT);
}

// (fd) => number: 0, or -errno.
napi_value Close(napi_env env, napi_callback_info info) {
  const int fd = ReadDescriptor(env, ReadArguments(env, info).values[0]);
  return Int32(env, fd < 0 ? -EBADF : CloseDescriptor(fd));
}

}  // namespace

void DefineOwnSocketFunctions(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "openUnixSocket", Open<kUnixFamily>, nullptr);
  DefineFunction(env, exports, "openTcpSocket", Open<kInternetFamily>, nullptr);
  DefineFunction(env, exports, "bindUnix", Bind, nullptr);
  DefineFunction(env, exports, "closeDescriptor", Close, nullptr);
}

}  // namespace sockinfo
