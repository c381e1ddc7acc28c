// The parts of the addon. Each adds its functions to the exports. Node's entry point is in addon.cc.
#pragma once

#include <node_api.h>

namespace sockinfo {

// Adds one function to `exports`. `data` is the data of its Arguments.
void DefineFunction(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data);

// addon_process.cc: the process at the other end of a Unix socket, held by a pidfd.
void DefineProcessFunctions(napi_env env, napi_value exports);
// addon_own_socket.cc: own_socket.h.
void DefineOwnSocketFunctions(napi_env env, napi_value exports);
// addon_socket_file.cc: socket_file.h.
void DefineSocketFileFunctions(napi_env env, napi_value exports);
// addon_names.cc: names.h.
void DefineNameFunctions(napi_env env, napi_value exports);

}  // namespace sockinfo
