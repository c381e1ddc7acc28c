// N-API glue for destroy_events.h. Each environment has at most one listener. Its thread delivers through a
// thread-safe function that does not keep the process alive.
#include <node_api.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "addon.h"
#include "arguments.h"
#include "destroy_events.h"

namespace sockinfo {

namespace {

// While JavaScript is busy, this many batches wait for it, which is 7 MB at most. More wait in the kernel's buffer.
constexpr std::size_t kMaxWaitingBatches = 256;

// One for each environment, so that threads share nothing mutable.
struct DestroyEvents {
  DestroyListener* listener;
  napi_threadsafe_function function;
};

// Runs on the listener's thread.
Delivery Send(void* receiver, DestroyBatch* batch) {
  auto* const function = static_cast<napi_threadsafe_function>(receiver);
  const napi_status status = napi_call_threadsafe_function(function, batch, napi_tsfn_nonblocking);
  if (status == napi_ok) return Delivery::kTaken;
  return status == napi_queue_full ? Delivery::kBusy : Delivery::kClosed;
}

void CallBack(napi_env env, napi_value callback, const DestroyBatch& batch) {
  void* rows = nullptr;
  napi_value arguments[3];
  const std::size_t length = batch.count * sizeof(SocketRow);
  if (napi_create_arraybuffer(env, length, &rows, &arguments[0]) != napi_ok) return;
  if (length > 0) std::memcpy(rows, batch.rows, length);
  if (napi_create_uint32(env, batch.lost, &arguments[1]) != napi_ok) return;
  arguments[2] = Int32(env, batch.status);
  napi_value self = nullptr;
  napi_value ignored = nullptr;
  napi_get_undefined(env, &self);
  if (napi_call_function(env, self, callback, 3, arguments, &ignored) != napi_pending_exception) return;
  napi_value error = nullptr;
  napi_get_and_clear_last_exception(env, &error);
  napi_fatal_exception(env, error);
}

// `env` is null for batches that were left over at the end of the environment.
void Receive(napi_env env, napi_value callback, void*, void* data) {
  auto* batch = static_cast<DestroyBatch*>(data);
  if (env != nullptr && callback != nullptr) CallBack(env, callback, *batch);
  delete batch;
}

void StopListening(DestroyEvents& events) {
  if (events.listener == nullptr) return;
  StopDestroyListener(events.listener);
  napi_release_threadsafe_function(events.function, napi_tsfn_abort);
  events = {};
}

void Cleanup(void* data) {
  auto* events = static_cast<DestroyEvents*>(data);
  StopListening(*events);
  delete events;
}

// (ports: Uint16Array, callback: (rows: ArrayBuffer, lost: number, status: number) => void) => number: 0 or -errno.
// -EBUSY if this environment is already listening.
napi_value Start(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  auto& events = *static_cast<DestroyEvents*>(arguments.data);
  if (events.listener != nullptr) return Int32(env, -EBUSY);
  const auto ports = ReadTypedArray(env, arguments.values[0], napi_uint16_array);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments.values[1], &type);
  if (!ports.is_valid || type != napi_function) return Int32(env, -EFAULT);
  napi_value name = nullptr;
  napi_create_string_utf8(env, "sockinfo", NAPI_AUTO_LENGTH, &name);
  napi_threadsafe_function function = nullptr;
  if (napi_create_threadsafe_function(env, arguments.values[1], nullptr, name, kMaxWaitingBatches, 1, nullptr, nullptr,
                                      nullptr, Receive, &function) != napi_ok) {
    return Int32(env, -ENOMEM);
  }
  napi_unref_threadsafe_function(env, function);
  const int status = StartDestroyListener(static_cast<const std::uint16_t*>(ports.data), ports.length, Send, function,
                                          &events.listener);
  if (status == 0) {
    events.function = function;
  } else {
    napi_release_threadsafe_function(function, napi_tsfn_abort);
  }
  return Int32(env, status);
}

// (ports: Uint16Array) => number: 0 or -errno. -ENOTCONN if this environment is not listening.
napi_value SetPorts(napi_env env, napi_callback_info info) {
  const auto arguments = ReadArguments(env, info);
  const auto& events = *static_cast<DestroyEvents*>(arguments.data);
  if (events.listener == nullptr) return Int32(env, -ENOTCONN);
  const auto ports = ReadTypedArray(env, arguments.values[0], napi_uint16_array);
  if (!ports.is_valid) return Int32(env, -EFAULT);
  return Int32(env, SetDestroyPorts(events.listener, static_cast<const std::uint16_t*>(ports.data), ports.length));
}

// () => number: 0.
napi_value Stop(napi_env env, napi_callback_info info) {
  StopListening(*static_cast<DestroyEvents*>(ReadArguments(env, info).data));
  return Int32(env, 0);
}

}  // namespace

void DefineDestroyEventFunctions(napi_env env, napi_value exports) {
  auto* events = new DestroyEvents{};
  napi_add_env_cleanup_hook(env, Cleanup, events);
  DefineFunction(env, exports, "startDestroyEvents", Start, events);
  DefineFunction(env, exports, "setDestroyPorts", SetPorts, events);
  DefineFunction(env, exports, "stopDestroyEvents", Stop, events);
}

}  // namespace sockinfo
