// N-API glue for sock_diag.h and unix_diag.h. A dump runs on a thread of libuv's pool and resolves a promise.
#include <node_api.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "addon.h"
#include "arguments.h"
#include "sock_diag.h"
#include "unix_diag.h"

namespace sockinfo {

namespace {

// (asked: Uint8Array, answer: Uint8Array) => number: 0, or -errno. The arrays hold a SocketId and a SocketRow.
napi_value Find(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto asked = ReadTypedArray(env, arguments.values[0], napi_uint8_array);
  const auto answer = ReadTypedArray(env, arguments.values[1], napi_uint8_array);
  if (!asked.is_valid || !answer.is_valid) return Int32(env, -EFAULT);
  if (asked.length != sizeof(SocketId) || answer.length < sizeof(SocketRow)) return Int32(env, -EFAULT);
  // The arrays may begin at any address.
  SocketId id{};
  std::memcpy(&id, asked.data, sizeof id);
  SocketRow row{};
  const int result = FindSocket(id, row);
  if (result == 0) std::memcpy(answer.data, &row, sizeof row);
  return Int32(env, result);
}

struct Dump {
  napi_async_work work;
  // Node frees it even if the environment ends during the dump, unlike the deferred of a promise.
  napi_ref callback;
  std::uint32_t port;
  std::uint32_t states;
  std::uint32_t max_rows;
  // 0 or -errno.
  int status;
  // Only one of the two has rows.
  SocketDump tcp;
  UnixDump local;
};

void DumpTcp(napi_env, void* data) {
  auto* dump = static_cast<Dump*>(data);
  dump->status = dump->port > UINT16_MAX
                     ? -EINVAL
                     : DumpSockets(static_cast<std::uint16_t>(dump->port), dump->states, dump->max_rows, dump->tcp);
}

void DumpUnix(napi_env, void* data) {
  auto* dump = static_cast<Dump*>(data);
  dump->status = DumpUnixSockets(dump->max_rows, dump->local);
}

void SetBoolean(napi_env env, napi_value object, const char* name, bool value) {
  napi_value boolean = nullptr;
  napi_get_boolean(env, value, &boolean);
  napi_set_named_property(env, object, name, boolean);
}

// Returns the rows, copied to a buffer of JavaScript's own: not every runtime allows memory of ours.
template <class Row>
napi_value Result(napi_env env, const SocketRows<Row>& found) {
  const std::size_t length = found.count * sizeof(Row);
  void* bytes = nullptr;
  napi_value rows = nullptr;
  if (napi_create_arraybuffer(env, length, &bytes, &rows) != napi_ok) return Int32(env, -ENOMEM);
  if (length > 0) std::memcpy(bytes, found.rows, length);
  napi_value result = nullptr;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "rows", rows);
  SetBoolean(env, result, "isTruncated", found.is_truncated);
  SetBoolean(env, result, "isInterrupted", found.is_interrupted);
  return result;
}

// Calls back with `result`, and frees everything. If the environment is being torn down, the calls do nothing.
void Finish(napi_env env, Dump* dump, napi_value result) {
  napi_value callback = nullptr;
  napi_value self = nullptr;
  napi_get_reference_value(env, dump->callback, &callback);
  napi_get_undefined(env, &self);
  if (dump->status < 0) result = Int32(env, dump->status);
  napi_call_function(env, self, callback, 1, &result, nullptr);
  napi_delete_reference(env, dump->callback);
  napi_delete_async_work(env, dump->work);
  FreeRows(dump->tcp);
  FreeRows(dump->local);
  delete dump;
}

void CompleteTcp(napi_env env, napi_status, void* data) {
  auto* dump = static_cast<Dump*>(data);
  Finish(env, dump, Result(env, dump->tcp));
}

void CompleteUnix(napi_env env, napi_status, void* data) {
  auto* dump = static_cast<Dump*>(data);
  Finish(env, dump, Result(env, dump->local));
}

// Queues `dump`, and takes it. Returns 0, or -errno if there will be no callback.
napi_value Start(napi_env env, Dump* dump, napi_value callback, napi_async_execute_callback execute,
                 napi_async_complete_callback complete) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, "sockinfo", NAPI_AUTO_LENGTH, &name);
  napi_create_reference(env, callback, 1, &dump->callback);
  if (napi_create_async_work(env, nullptr, name, execute, complete, dump, &dump->work) == napi_ok) {
    if (napi_queue_async_work(env, dump->work) == napi_ok) return Int32(env, 0);
    napi_delete_async_work(env, dump->work);
  }
  napi_delete_reference(env, dump->callback);
  delete dump;
  return Int32(env, -ENOMEM);
}

bool IsFunction(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type == napi_function;
}

// (port, states, maxRows, callback: (result) => void) => number: 0 or -errno. The callback must not throw. It gets
// { rows: ArrayBuffer, isTruncated, isInterrupted } with SocketRows, or -errno.
napi_value DumpTcpSockets(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  if (!IsFunction(env, arguments.values[3])) return Int32(env, -EFAULT);
  auto* dump = new Dump{};
  // What is no number stays refused.
  dump->port = UINT32_MAX;
  napi_get_value_uint32(env, arguments.values[0], &dump->port);
  napi_get_value_uint32(env, arguments.values[1], &dump->states);
  napi_get_value_uint32(env, arguments.values[2], &dump->max_rows);
  return Start(env, dump, arguments.values[3], DumpTcp, CompleteTcp);
}

// (maxRows, callback: (result) => void) => number: the same with UnixRows.
napi_value DumpLocalSockets(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  if (!IsFunction(env, arguments.values[1])) return Int32(env, -EFAULT);
  auto* dump = new Dump{};
  napi_get_value_uint32(env, arguments.values[0], &dump->max_rows);
  return Start(env, dump, arguments.values[1], DumpUnix, CompleteUnix);
}

}  // namespace

void DefineSockDiagFunctions(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "findTcpSocket", Find, nullptr);
  DefineFunction(env, exports, "dumpTcpSockets", DumpTcpSockets, nullptr);
  DefineFunction(env, exports, "dumpUnixSockets", DumpLocalSockets, nullptr);
}

}  // namespace sockinfo
