// N-API glue for names.h: each question is asked on a thread of libuv's pool and answered by a promise.
#include <node_api.h>

#include <cstddef>
#include <cstdint>

#include "addon.h"
#include "arguments.h"
#include "names.h"

namespace sockinfo {

namespace {

// Longer than any system lets a name be.
constexpr std::size_t kNameSize = 1024;

struct Lookup {
  napi_async_work work;
  napi_deferred deferred;
  // One of the two is given, the other one is the answer.
  char name[kNameSize];
  std::uint32_t id;
  // The length of the name that was found, or 1 for an id; 0 where there is none, or -errno.
  int answer;
  void (*ask)(Lookup& lookup);
  bool is_name_wanted;
};

void Execute(napi_env, void* data) {
  auto* lookup = static_cast<Lookup*>(data);
  lookup->ask(*lookup);
}

// string | number | undefined: the name or the id, undefined where there is none, or -errno.
napi_value Answer(napi_env env, const Lookup& lookup) {
  napi_value value = nullptr;
  if (lookup.answer < 0) return Int32(env, lookup.answer);
  if (lookup.answer == 0) {
    napi_get_undefined(env, &value);
  } else if (lookup.is_name_wanted) {
    napi_create_string_utf8(env, lookup.name, static_cast<std::size_t>(lookup.answer), &value);
  } else {
    napi_create_uint32(env, lookup.id, &value);
  }
  return value;
}

void Complete(napi_env env, napi_status, void* data) {
  auto* lookup = static_cast<Lookup*>(data);
  // Where the environment is about to end, nobody hears of it.
  napi_resolve_deferred(env, lookup->deferred, Answer(env, *lookup));
  napi_delete_async_work(env, lookup->work);
  delete lookup;
}

// Takes over `lookup`. Promise, or undefined where there is none to be had: an exception is pending then.
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

using AskById = int (*)(std::uint32_t id, char* out, std::size_t capacity);

// (id) => Promise<string | undefined | number>
template <AskById ask>
napi_value LookUpName(napi_env env, napi_callback_info info) {
  auto* lookup = new Lookup{};
  napi_get_value_uint32(env, ReadArguments(env, info).values[0], &lookup->id);
  lookup->is_name_wanted = true;
  lookup->ask = [](Lookup& mine) { mine.answer = ask(mine.id, mine.name, sizeof mine.name); };
  return Start(env, lookup);
}

using AskByName = int (*)(const char* name, std::uint32_t* id);

// (name) => Promise<number | undefined>
template <AskByName ask>
napi_value LookUpId(napi_env env, napi_callback_info info) {
  auto* lookup = new Lookup{};
  napi_value name = ReadArguments(env, info).values[0];
  std::size_t length = 0;
  napi_get_value_string_utf8(env, name, nullptr, 0, &length);
  // A longer one would be cut, and another user may have what is left. Without a name no user is found.
  if (length < sizeof lookup->name) {
    napi_get_value_string_utf8(env, name, lookup->name, sizeof lookup->name, nullptr);
  }
  lookup->ask = [](Lookup& mine) { mine.answer = mine.name[0] == '\0' ? 0 : ask(mine.name, &mine.id); };
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
