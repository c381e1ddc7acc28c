// The parts of the addon: each adds its functions to the exports. addon.cc is where Node comes in.
#pragma once

#include <node_api.h>

namespace sockinfo {

// Shared by the parts.
void DefineFunction(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data);

// addon_process.cc: the process at the other end, by its pidfd.
void DefineProcessFunctions(napi_env env, napi_value exports);
// addon_listener.cc: listening on a Unix socket.
void DefineListenerFunctions(napi_env env, napi_value exports);
// addon_names.cc: names of users and groups.
void DefineNameFunctions(napi_env env, napi_value exports);

}  // namespace sockinfo
