// What every function of the addon does with its arguments and its answer. Shared by the addon*.cc.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace sockinfo {

struct Arguments {
  napi_value values[3];
  void* data;
};

Arguments ReadArguments(napi_env env, napi_callback_info info);

// A descriptor, from an integer or from the live `fd` of a socket handle; -1 for anything else. A number that is not an
// integer must not be rounded into somebody's descriptor.
int ReadDescriptor(napi_env env, napi_value source);

struct TypedArray {
  bool is_valid;
  std::size_t length;
  void* data;
};

// `length` counts elements; it is 0 when the array has lost its buffer.
TypedArray ReadTypedArray(napi_env env, napi_value value, napi_typedarray_type expected);

napi_value Int32(napi_env env, int number);

}  // namespace sockinfo
