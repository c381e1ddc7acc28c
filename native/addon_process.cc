// N-API glue for the pidfd of a peer. A JavaScript object owns the pidfd: Discard() closes it when the object is
// collected or its environment ends.
#include <node_api.h>

#include <cerrno>

#include "addon.h"
#include "arguments.h"
#include "own_socket.h"
#include "socket_info.h"

namespace sockinfo {

namespace {

// A random tag, so that no object from elsewhere is mistaken for one of ours.
constexpr napi_type_tag kTag = {0x8d1f6b5e02a94c37, 0xb6f0d9a1c3e84725};

struct Owned {
  int fd;
};

void Discard(napi_env, void* data, void*) {
  auto* owned = static_cast<Owned*>(data);
  if (owned->fd >= 0) CloseDescriptor(owned->fd);
  delete owned;
}

Owned* ReadOwned(napi_env env, napi_callback_info info) {
  napi_value object = ReadArguments(env, info).values[0];
  // napi_check_object_type_tag() would throw for undefined and null.
  napi_valuetype type = napi_undefined;
  if (napi_typeof(env, object, &type) != napi_ok || type != napi_object) return nullptr;
  bool is_ours = false;
  if (napi_check_object_type_tag(env, object, &kTag, &is_ours) != napi_ok || !is_ours) return nullptr;
  void* data = nullptr;
  return napi_unwrap(env, object, &data) == napi_ok ? static_cast<Owned*>(data) : nullptr;
}

// (fd | handle) => object | number: the owner of the pidfd, or -errno.
napi_value OpenPeerProcess(napi_env env, napi_callback_info info) {
  const int socket = ReadDescriptor(env, ReadArguments(env, info).values[0]);
  if (socket < 0) return Int32(env, -EBADF);
  const int fd = OpenPeerPidfd(socket);
  if (fd < 0) return Int32(env, fd);
  auto* owned = new Owned{fd};
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok || napi_type_tag_object(env, object, &kTag) != napi_ok ||
      napi_wrap(env, object, owned, Discard, nullptr, nullptr) != napi_ok) {
    Discard(env, owned, nullptr);
    return Int32(env, -ENOMEM);
  }
  return object;
}

// (process) => number: the pidfd, or -EBADF if it is closed.
napi_value ProcessDescriptor(napi_env env, napi_callback_info info) {
  const auto* owned = ReadOwned(env, info);
  return Int32(env, owned == nullptr || owned->fd < 0 ? -EBADF : owned->fd);
}

// (process) => number: 1 if the process has ended, 0 if it runs, or -errno.
napi_value HasProcessEnded(napi_env env, napi_callback_info info) {
  const auto* owned = ReadOwned(env, info);
  return Int32(env, owned == nullptr || owned->fd < 0 ? -EBADF : HasEnded(owned->fd));
}

// (process) => number: 0, or -EBADF if the pidfd is already closed.
napi_value CloseProcess(napi_env env, napi_callback_info info) {
  auto* owned = ReadOwned(env, info);
  if (owned == nullptr || owned->fd < 0) return Int32(env, -EBADF);
  const int fd = owned->fd;
  owned->fd = -1;
  return Int32(env, CloseDescriptor(fd));
}

}  // namespace

void DefineProcessFunctions(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "openPeerProcess", OpenPeerProcess, nullptr);
  DefineFunction(env, exports, "processDescriptor", ProcessDescriptor, nullptr);
  DefineFunction(env, exports, "hasProcessEnded", HasProcessEnded, nullptr);
  DefineFunction(env, exports, "closeProcess", CloseProcess, nullptr);
}

}  // namespace sockinfo
