// Converts the arguments of native functions from JavaScript to C++, and their results back.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace sockinfo {

struct Arguments {
  napi_value values[4];
  void* data;
};

// Returns the first four arguments, `undefined` where the caller passed fewer, and the data of the function.
Arguments ReadArguments(napi_env env, napi_callback_info info);

// Returns the descriptor from an integer or from the live `fd` of a socket handle, and -1 for anything else. A
// fraction is not rounded, because the result could be the descriptor of another file.
int ReadDescriptor(napi_env env, napi_value source);

struct TypedArray {
  bool is_valid;
  std::size_t length;
  void* data;
};

// In the result, `length` counts elements. It is 0 if the array's buffer is detached.
TypedArray ReadTypedArray(napi_env env, napi_value value, napi_typedarray_type expected);

napi_value Int32(napi_env env, int number);

}  // namespace sockinfo
