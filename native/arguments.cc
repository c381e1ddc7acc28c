// Implements arguments.h.
#include "arguments.h"

#include <cstdint>

namespace sockinfo {

Arguments ReadArguments(napi_env env, napi_callback_info info) {
  Arguments arguments{};
  std::size_t count = sizeof arguments.values / sizeof *arguments.values;
  napi_get_cb_info(env, info, &count, arguments.values, nullptr, &arguments.data);
  return arguments;
}

int ReadDescriptor(napi_env env, napi_value source) {
  double number = -1;
  if (napi_get_value_double(env, source, &number) != napi_ok) {
    napi_value fd = nullptr;
    if (napi_get_named_property(env, source, "fd", &fd) != napi_ok) {
      napi_value ignored = nullptr;
      napi_get_and_clear_last_exception(env, &ignored);
      return -1;
    }
    if (napi_get_value_double(env, fd, &number) != napi_ok) return -1;
  }
  if (!(number >= 0 && number <= INT32_MAX)) return -1;
  const auto fd = static_cast<int>(number);
  return fd == number ? fd : -1;
}

TypedArray ReadTypedArray(napi_env env, napi_value value, napi_typedarray_type expected) {
  TypedArray array{};
  napi_typedarray_type type{};
  const auto status = napi_get_typedarray_info(env, value, &type, &array.length, &array.data, nullptr, nullptr);
  array.is_valid = status == napi_ok && type == expected;
  return array;
}

napi_value Int32(napi_env env, int number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

}  // namespace sockinfo
