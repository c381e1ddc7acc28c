// The parts of the addon. Each part adds its functions to the exports. addon.cc has the entry point for Node.
#pragma once

#include <node_api.h>

namespace sockinfo {

// Adds one function to `exports`. `data` becomes `Arguments::data` when the function is called.
void DefineFunction(napi_env env, napi_value exports, const char* name, napi_callback callback, void* data);

// addon_process.cc: the process at the other end of a Unix socket, by a pidfd.
void DefineProcessFunctions(napi_env env, napi_value exports);
// addon_own_socket.cc: the functions of own_socket.h.
void DefineOwnSocketFunctions(napi_env env, napi_value exports);
// addon_socket_file.cc: the functions of socket_file.h.
void DefineSocketFileFunctions(napi_env env, napi_value exports);
// addon_names.cc: the functions of names.h.
void DefineNameFunctions(napi_env env, napi_value exports);
// addon_sock_diag.cc: the functions of sock_diag.h and unix_diag.h.
void DefineSockDiagFunctions(napi_env env, napi_value exports);
// addon_destroy_events.cc: the functions of destroy_events.h.
void DefineDestroyEventFunctions(napi_env env, napi_value exports);

}  // namespace sockinfo
