// N-API glue for socket_file.h.
#include <node_api.h>

#include <cerrno>
#include <cstdint>

#include "addon.h"
#include "arguments.h"
#include "socket_file.h"

namespace sockinfo {

namespace {

// (path: Uint8Array with a final 0, mode) => number: 0, or -errno.
napi_value SetPathMode(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto path = ReadTypedArray(env, arguments.values[0], napi_uint8_array);
  std::uint32_t mode = 0;
  if (!path.is_valid || path.length == 0) return Int32(env, -EFAULT);
  const auto* text = static_cast<const char*>(path.data);
  if (text[path.length - 1] != '\0') return Int32(env, -EFAULT);
  if (napi_get_value_uint32(env, arguments.values[1], &mode) != napi_ok) return Int32(env, -EINVAL);
  return Int32(env, SetModeOfPath(text, mode));
}

// (fd, uid, gid) => number: 0, or -errno.
napi_value SetOwner(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  if (fd < 0) return Int32(env, -EBADF);
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  if (napi_get_value_uint32(env, arguments.values[1], &uid) != napi_ok) return Int32(env, -EINVAL);
  if (napi_get_value_uint32(env, arguments.values[2], &gid) != napi_ok) return Int32(env, -EINVAL);
  return Int32(env, SetOwnerOfFile(fd, uid, gid));
}

// (fd, mode) => number: 0, or -errno.
napi_value SetFileMode(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const int fd = ReadDescriptor(env, arguments.values[0]);
  if (fd < 0) return Int32(env, -EBADF);
  std::uint32_t mode = 0;
  if (napi_get_value_uint32(env, arguments.values[1], &mode) != napi_ok) return Int32(env, -EINVAL);
  return Int32(env, SetModeOfFile(fd, mode));
}

// (fd) => number: 0, or -errno; -EWOULDBLOCK while another open file holds the lock.
napi_value Lock(napi_env env, napi_callback_info info) {
  const int fd = ReadDescriptor(env, ReadArguments(env, info).values[0]);
  return Int32(env, fd < 0 ? -EBADF : TryLock(fd));
}

}  // namespace

void DefineSocketFileFunctions(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "setModeOfPath", SetPathMode, nullptr);
  DefineFunction(env, exports, "setOwnerOfFile", SetOwner, nullptr);
  DefineFunction(env, exports, "setModeOfFile", SetFileMode, nullptr);
  DefineFunction(env, exports, "tryLock", Lock, nullptr);
}

}  // namespace sockinfo
