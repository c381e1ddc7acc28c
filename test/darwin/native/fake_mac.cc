// An addon for Node on Linux that runs the macOS binary of sockinfo. It loads the bundle and links it to Node's own
// functions, and to a JavaScript function that replaces the kernel of macOS.
#include <dlfcn.h>
#include <grp.h>
#include <node_api.h>
#include <pwd.h>
#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include "macho_image.h"

namespace {

// Globals are enough: the tests load the bundle in the main thread only.
napi_env environment = nullptr;
napi_ref kernel = nullptr;
int darwin_errno = 0;
std::uintptr_t stack_guard = 0x00c0ffee12345600;

constexpr int kEfault = 14;

struct Bytes {
  const void* data;
  std::size_t size;
};

// Calls the kernel: (call, fd, level, option, capacity, given) => number | Uint8Array. A number is an error number of
// macOS. Bytes are the answer. Their length is the length that the kernel reports, but no more bytes are written than
// fit. If the function throws, the exception stays pending until the call of the addon returns.
int Ask(const char* call, std::initializer_list<std::int64_t> numbers, Bytes given, void* out, std::uint32_t* length) {
  darwin_errno = kEfault;
  napi_value function = nullptr;
  napi_value receiver = nullptr;
  napi_value arguments[6] = {};
  napi_get_reference_value(environment, kernel, &function);
  napi_get_undefined(environment, &receiver);
  napi_create_string_utf8(environment, call, NAPI_AUTO_LENGTH, &arguments[0]);
  std::size_t count = 1;
  for (const auto number : numbers) napi_create_int64(environment, number, &arguments[count++]);
  if (given.data != nullptr) napi_create_buffer_copy(environment, given.size, given.data, nullptr, &arguments[count++]);
  napi_value answer = nullptr;
  if (napi_call_function(environment, receiver, function, count, arguments, &answer) != napi_ok) return -1;
  if (napi_get_value_int32(environment, answer, &darwin_errno) == napi_ok) return -1;
  void* bytes = nullptr;
  std::size_t size = 0;
  if (napi_get_typedarray_info(environment, answer, nullptr, &size, &bytes, nullptr, nullptr) != napi_ok) return -1;
  std::memcpy(out, bytes, std::min<std::size_t>(size, *length));
  *length = static_cast<std::uint32_t>(size);
  return 0;
}

int GetSockOpt(int fd, int level, int option, void* out, std::uint32_t* length) {
  return Ask("getsockopt", {fd, level, option, *length}, {}, out, length);
}

int GetPeerName(int fd, void* out, std::uint32_t* length) {
  return Ask("getpeername", {fd, 0, 0, *length}, {}, out, length);
}

int GetSockName(int fd, void* out, std::uint32_t* length) {
  return Ask("getsockname", {fd, 0, 0, *length}, {}, out, length);
}

// For calls that return a number: the first four bytes of the answer, or 0 if it is empty.
int AskForNumber(const char* call, std::initializer_list<std::int64_t> numbers, Bytes given = {}) {
  std::int32_t number = 0;
  std::uint32_t length = sizeof number;
  return Ask(call, numbers, given, &number, &length) == 0 ? number : -1;
}

int Socket(int domain, int type, int protocol) { return AskForNumber("socket", {domain, type, protocol, 0}); }
int Bind(int fd, const void* address, std::uint32_t length) {
  return AskForNumber("bind", {fd, 0, 0, length}, {address, length});
}
// The third argument belongs to "...", which this processor passes like other arguments.
int Fcntl(int fd, int command, std::intptr_t argument) { return AskForNumber("fcntl", {fd, command, argument, 0}); }
int Flock(int fd, int operation) { return AskForNumber("flock", {fd, operation, 0, 0}); }
int Close(int fd) { return AskForNumber("close", {fd, 0, 0, 0}); }
int FchmodAt(int fd, const char* path, std::uint16_t mode, int flags) {
  return AskForNumber("fchmodat", {fd, mode, flags, 0}, {path, std::strlen(path)});
}

// The struct in <pwd.h> of macOS. <grp.h> has the same struct on both systems.
struct DarwinPasswd {
  char* name;
  char* password;
  std::uint32_t uid;
  std::uint32_t gid;
  std::int64_t change;
  char* login_class;
  char* real_name;
  char* folder;
  char* shell;
  std::int64_t expire;
};

// Reads the directory of this machine. These functions run on other threads, where no JavaScript can run.
int Translate(int error, const passwd* found, DarwinPasswd* entry, DarwinPasswd** result) {
  *result = nullptr;
  if (found == nullptr) return error;
  *entry = {found->pw_name,   found->pw_passwd, found->pw_uid, found->pw_gid,   0,
            found->pw_passwd, found->pw_name,   found->pw_dir, found->pw_shell, 0};
  *result = entry;
  return 0;
}

int GetPwUid(std::uint32_t uid, DarwinPasswd* entry, char* strings, std::size_t room, DarwinPasswd** result) {
  passwd linux_entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(uid, &linux_entry, strings, room, &found);
  return Translate(error, found, entry, result);
}

int GetPwNam(const char* name, DarwinPasswd* entry, char* strings, std::size_t room, DarwinPasswd** result) {
  passwd linux_entry{};
  passwd* found = nullptr;
  const int error = getpwnam_r(name, &linux_entry, strings, room, &found);
  return Translate(error, found, entry, result);
}

int* Error() { return &darwin_errno; }

// Never called: no test smashes the stack, and all symbols are bound at load time.
[[noreturn]] void Abort() { std::abort(); }

template <class Function>
void* AddressOf(Function* function) {
  return reinterpret_cast<void*>(function);
}

// The bundle may import only these and Node-API.
void* Resolve(const std::string& symbol) {
  static const std::map<std::string, void*> system = {
      {"_getsockopt", AddressOf(GetSockOpt)},
      {"_getpeername", AddressOf(GetPeerName)},
      {"_getsockname", AddressOf(GetSockName)},
      {"___error", AddressOf(Error)},
      {"___stack_chk_guard", &stack_guard},
      {"___stack_chk_fail", AddressOf(Abort)},
      {"dyld_stub_binder", AddressOf(Abort)},
      {"_socket", AddressOf(Socket)},
      {"_bind", AddressOf(Bind)},
      {"_fcntl", AddressOf(Fcntl)},
      {"_flock", AddressOf(Flock)},
      {"_close", AddressOf(Close)},
      {"_fchmodat", AddressOf(FchmodAt)},
      {"_getpwuid_r", AddressOf(GetPwUid)},
      {"_getpwnam_r", AddressOf(GetPwNam)},
      {"_getgrgid_r", AddressOf(getgrgid_r)},
      {"_getgrnam_r", AddressOf(getgrnam_r)},
      {"_malloc", AddressOf(std::malloc)},
      {"_free", AddressOf(std::free)},
      {"_memcpy", AddressOf<void*(void*, const void*, std::size_t)>(std::memcpy)},
      {"_memset", AddressOf<void*(void*, int, std::size_t)>(std::memset)},
      {"_bzero", AddressOf(bzero)},
      {"___bzero", AddressOf(bzero)},
      {"_strnlen", AddressOf(strnlen)},
      {"_strlen", AddressOf<std::size_t(const char*)>(std::strlen)},
      {"__Znwm", AddressOf<void*(std::size_t)>(operator new)},
      {"__ZdlPv", AddressOf<void(void*) noexcept>(operator delete)},
      {"__ZdlPvm", AddressOf<void(void*, std::size_t) noexcept>(operator delete)},
  };
  const auto found = system.find(symbol);
  if (found != system.end()) return found->second;
  return symbol.rfind("_napi_", 0) == 0 ? dlsym(RTLD_DEFAULT, symbol.c_str() + 1) : nullptr;
}

// load(path, kernel): returns the exports of the bundle.
napi_value Load(napi_env env, napi_callback_info info) {
  std::size_t count = 2;
  napi_value arguments[2] = {};
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  char path[4096];
  napi_get_value_string_utf8(env, arguments[0], path, sizeof path, nullptr);
  environment = env;
  napi_create_reference(env, arguments[1], 1, &kernel);
  napi_value exports = nullptr;
  napi_create_object(env, &exports);
  try {
    void* entry = LoadBundle(path, "_napi_register_module_v1", Resolve);
    return reinterpret_cast<napi_addon_register_func>(entry)(env, exports);
  } catch (const std::runtime_error& error) {
    napi_throw_error(env, "ERR_DLOPEN_FAILED", error.what());
    return nullptr;
  }
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "load", NAPI_AUTO_LENGTH, Load, nullptr, &function);
  napi_set_named_property(env, exports, "load", function);
  return exports;
}
