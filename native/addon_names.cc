// N-API glue for names.h. Each lookup runs on a thread of libuv's pool and resolves a promise.
#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "addon.h"
#include "arguments.h"
#include "names.h"

namespace sockinfo {

namespace {

// No system allows a name of this length.
constexpr std::size_t kNameSize = 1024;

struct Lookup {
  napi_async_work work;
  napi_deferred deferred;
  // The argument is `name` or `id`, and the result is the other one.
  char name[kNameSize];
  std::uint32_t id;
  // The return value of the function in names.h.
  int status;
  void (*run)(Lookup& lookup);
  bool is_name_wanted;
};

void Execute(napi_env, void* data) {
  auto* lookup = static_cast<Lookup*>(data);
  lookup->run(*lookup);
}

// Returns the name or the id, `undefined` if there is none, or -errno.
napi_value Result(napi_env env, const Lookup& lookup) {
  napi_value value = nullptr;
  if (lookup.status < 0) return Int32(env, lookup.status);
  if (lookup.status == 0) {
    napi_get_undefined(env, &value);
  } else if (lookup.is_name_wanted) {
    napi_create_string_utf8(env, lookup.name, static_cast<std::size_t>(lookup.status), &value);
  } else {
    napi_create_uint32(env, lookup.id, &value);
  }
  return value;
}

void Complete(napi_env env, napi_status, void* data) {
  auto* lookup = static_cast<Lookup*>(data);
  // If the environment is being torn down, no JavaScript sees the result.
  napi_resolve_deferred(env, lookup->deferred, Result(env, *lookup));
  napi_delete_async_work(env, lookup->work);
  delete lookup;
}

// Owns `lookup` from now on. Returns a promise, or nullptr with a pending exception if N-API failed.
napi_value Start(napi_env env, Lookup* lookup) {
  napi_value promise = nullptr;
  napi_value name = nullptr;
  napi_create_string_utf8(env, "sockinfo", NAPI_AUTO_LENGTH, &name);
  if (napi_create_async_work(env, nullptr, name, Execute, Complete, lookup, &lookup->work) != napi_ok) {
    delete lookup;
    return nullptr;
  }
  if (napi_create_promise(env, &lookup->deferred, &promise) != napi_ok ||
      napi_queue_async_work(env, lookup->work) != napi_ok) {
    napi_delete_async_work(env, lookup->work);
    delete lookup;
    return nullptr;
  }
  return promise;
}

using FindById = int (*)(std::uint32_t id, char* out, std::size_t capacity);

// (id) => Promise<string | undefined | number>: the name, undefined if there is none, or -errno.
template <FindById find>
napi_value LookUpName(napi_env env, napi_callback_info info) {
  auto* lookup = new Lookup{};
  napi_get_value_uint32(env, ReadArguments(env, info).values[0], &lookup->id);
  lookup->is_name_wanted = true;
  lookup->run = [](Lookup& mine) { mine.status = find(mine.id, mine.name, sizeof mine.name); };
  return Start(env, lookup);
}

using FindByName = int (*)(const char* name, std::uint32_t* id);

// (name) => Promise<number | undefined>: the id, undefined if there is none, or -errno.
template <FindByName find>
napi_value LookUpId(napi_env env, napi_callback_info info) {
  auto* lookup = new Lookup{};
  napi_value name = ReadArguments(env, info).values[0];
  std::size_t length = 0;
  napi_get_value_string_utf8(env, name, nullptr, 0, &length);
  // A longer name would be cut off, and what remains may be the name of another user. So it is left empty, and an
  // empty name finds no user.
  if (length < sizeof lookup->name) {
    napi_get_value_string_utf8(env, name, lookup->name, sizeof lookup->name, nullptr);
  }
  lookup->run = [](Lookup& mine) { mine.status = mine.name[0] == '\0' ? 0 : find(mine.name, &mine.id); };
  return Start(env, lookup);
}

}  // namespace

void DefineNameFunctions(napi_env env, napi_value exports) {
  DefineFunction(env, exports, "findUserName", LookUpName<FindUserName>, nullptr);
  DefineFunction(env, exports, "findGroupName", LookUpName<FindGroupName>, nullptr);
  DefineFunction(env, exports, "findUserId", LookUpId<FindUserId>, nullptr);
  DefineFunction(env, exports, "findGroupId", LookUpId<FindGroupId>, nullptr);
}

}  // namespace sockinfo
