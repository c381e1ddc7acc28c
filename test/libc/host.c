// The part of Node that the addon needs, in C: loads a binary with dlopen, lets it register its functions, and calls
// them on real sockets. It is for C libraries that have no Node. stubs.c has the rest of N-API 8.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// All functions of N-API return a status, of which 0 is "ok".
enum { kOk = 0, kNumberExpected = 6 };

enum { MAX_PROPERTIES = 64 };

typedef struct Value Value;
typedef struct CallbackInfo CallbackInfo;
typedef Value* (*Callback)(void* env, CallbackInfo* info);

struct Value {
  enum { kUndefined, kNumber, kString, kObject, kFunction, kArrayBuffer } type;
  double number;
  char bytes[512];
  Callback callback;
  void* data;
  struct {
    const char* name;
    Value* value;
  } properties[MAX_PROPERTIES];
  int property_count;
};

struct CallbackInfo {
  Value* argument;
  void* data;
};

static Value undefined;

static Value* New(int type) {
  Value* value = calloc(1, sizeof *value);
  if (value == NULL) abort();
  value->type = type;
  return value;
}

int napi_create_object(void* env, Value** result) {
  (void)env;
  *result = New(kObject);
  return kOk;
}

int napi_create_double(void* env, double number, Value** result) {
  (void)env;
  *result = New(kNumber);
  (*result)->number = number;
  return kOk;
}

int napi_create_int32(void* env, int32_t number, Value** result) { return napi_create_double(env, number, result); }

int napi_get_value_double(void* env, Value* value, double* result) {
  (void)env;
  if (value->type != kNumber) return kNumberExpected;
  *result = value->number;
  return kOk;
}

int napi_create_string_utf8(void* env, const char* text, size_t length, Value** result) {
  (void)env;
  *result = New(kString);
  snprintf((*result)->bytes, sizeof(*result)->bytes, "%.*s", (int)(length == SIZE_MAX ? strlen(text) : length), text);
  return kOk;
}

int napi_create_function(void* env, const char* name, size_t length, Callback callback, void* data, Value** result) {
  (void)env, (void)name, (void)length;
  *result = New(kFunction);
  (*result)->callback = callback;
  (*result)->data = data;
  return kOk;
}

int napi_create_arraybuffer(void* env, size_t length, void** data, Value** result) {
  (void)env;
  *result = New(kArrayBuffer);
  if (length > sizeof(*result)->bytes) abort();
  if (data != NULL) *data = (*result)->bytes;
  return kOk;
}

int napi_get_arraybuffer_info(void* env, Value* value, void** data, size_t* length) {
  (void)env;
  if (data != NULL) *data = value->bytes;
  if (length != NULL) *length = sizeof value->bytes;
  return kOk;
}

int napi_set_named_property(void* env, Value* object, const char* name, Value* value) {
  (void)env;
  if (object->property_count == MAX_PROPERTIES) abort();
  object->properties[object->property_count].name = name;
  object->properties[object->property_count++].value = value;
  return kOk;
}

int napi_create_reference(void* env, Value* value, uint32_t count, void** result) {
  (void)env, (void)count;
  *result = value;
  return kOk;
}

int napi_set_instance_data(void* env, void* data, void* finalize, void* hint) {
  (void)env, (void)data, (void)finalize, (void)hint;
  return kOk;
}

int napi_add_env_cleanup_hook(void* env, void (*hook)(void*), void* data) {
  (void)env, (void)hook, (void)data;
  return kOk;
}

int napi_get_cb_info(void* env, CallbackInfo* info, size_t* count, Value** arguments, Value** self, void** data) {
  (void)env, (void)self;
  for (size_t i = 0; i < *count; i++) arguments[i] = i == 0 ? info->argument : &undefined;
  *data = info->data;
  return kOk;
}

int napi_get_value_uint32(void* env, Value* value, uint32_t* result) {
  double number = 0;
  const int status = napi_get_value_double(env, value, &number);
  *result = (uint32_t)number;
  return status;
}

// A promise is an object whose result is stored as a property.
int napi_create_promise(void* env, Value** deferred, Value** promise) {
  *promise = *deferred = New(kObject);
  (void)env;
  return kOk;
}

int napi_resolve_deferred(void* env, Value* deferred, Value* value) {
  return napi_set_named_property(env, deferred, "value", value);
}

// Queued work runs at once.
typedef struct {
  void (*execute)(void* env, void* data);
  void (*complete)(void* env, int status, void* data);
  void* data;
} Work;

int napi_create_async_work(void* env, Value* resource, Value* name, void (*execute)(void*, void*),
                           void (*complete)(void*, int, void*), void* data, Work** result) {
  (void)env, (void)resource, (void)name;
  *result = malloc(sizeof **result);
  if (*result == NULL) abort();
  **result = (Work){execute, complete, data};
  return kOk;
}

int napi_queue_async_work(void* env, Work* work) {
  // `complete` deletes the work.
  const Work copy = *work;
  copy.execute(env, copy.data);
  copy.complete(env, kOk, copy.data);
  return kOk;
}

int napi_delete_async_work(void* env, Work* work) {
  (void)env;
  free(work);
  return kOk;
}

static void Check(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static Value* Get(const Value* object, const char* name) {
  for (int i = 0; i < object->property_count; i++) {
    if (strcmp(object->properties[i].name, name) == 0) return object->properties[i].value;
  }
  Check(0, name);
  return NULL;
}

static Value* CallForValue(const Value* exports, const char* name, double argument) {
  const Value* function = Get(exports, name);
  Value number = {.type = kNumber, .number = argument};
  CallbackInfo info = {&number, function->data};
  return function->callback(NULL, &info);
}

static int Call(const Value* exports, const char* name, int fd) { return (int)CallForValue(exports, name, fd)->number; }

static int ConnectTcp(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  Check(bind(listener, (struct sockaddr*)&address, length) == 0, "bind");
  Check(listen(listener, 1) == 0, "listen");
  Check(getsockname(listener, (struct sockaddr*)&address, &length) == 0, "getsockname");
  Check(connect(client, (struct sockaddr*)&address, length) == 0, "connect");
  return client;
}

int main(int count, char** arguments) {
  Check(count == 2, "usage: host <binary>");
  void* library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) Check(0, dlerror());
  int (*version)(void) = (int (*)(void))dlsym(library, "node_api_module_get_api_version_v1");
  Value* (*initialize)(void*, Value*) = (Value * (*)(void*, Value*)) dlsym(library, "napi_register_module_v1");
  Check(version != NULL && version() == 8, "is not for N-API 8");
  Check(initialize != NULL, "has no entry point");

  const Value* exports = initialize(NULL, New(kObject));
  const char* bytes = Get(exports, "buffer")->bytes;
  Check(strcmp(Get(exports, "platform")->bytes, "linux") == 0, "platform");

  const int tcp = ConnectTcp();
  const int length = Call(exports, "tcpInfo", tcp);
  Check(length > 0, "tcpInfo");
  // The first byte is the state, TCP_ESTABLISHED. Under qemu the four bytes are one int.
  Check(length == 4 ? *(const int*)(const void*)bytes == 1 : bytes[0] == 1, "the connection is not established");
  Check(Call(exports, "localFamily", tcp) == AF_INET, "localFamily");
  Check(Call(exports, "protocol", tcp) == IPPROTO_TCP, "protocol");
  Check(Call(exports, "congestionName", tcp) > 0 && bytes[0] != '\0', "congestionName");
  // qemu's user mode does not have it.
  Check(Call(exports, "congestionInfo", tcp) != -EBADF, "congestionInfo");
  // 14 answers of 12 bytes. The first one is the length of TCP_KEEPIDLE.
  Check(Call(exports, "socketOptions", tcp) == 168 && *(const int*)(const void*)bytes == 4, "socketOptions");
  // The state and three numbers, which are 0 for this connection. qemu's user mode may lack a call.
  Check(Call(exports, "socketQueues", tcp) == 16 && bytes[0] == 1, "socketQueues");
  Check(Call(exports, "socketMemory", tcp) != -EBADF, "socketMemory");
  const int own = Call(exports, "openTcpSocket", 0);
  Check(own > 0 && Call(exports, "protocol", own) == IPPROTO_TCP && close(own) == 0, "openTcpSocket");

  int pair[2];
  Check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
  Check(Call(exports, "peerFamily", pair[0]) == AF_UNIX, "peerFamily");
  Check(Call(exports, "peerCredentials", pair[0]) == sizeof(struct ucred), "peerCredentials");
  struct ucred peer;
  memcpy(&peer, bytes, sizeof peer);
  Check(peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid(), "the peer is not this process");

  const int listener = Call(exports, "openUnixSocket", 0);
  Check(listener > 0 && Call(exports, "isStream", listener) == 1, "openUnixSocket");
  Check(Call(exports, "unixPath", listener) == 0, "unixPath");
  Check(Call(exports, "isListening", listener) == 0, "isListening");
  // Without a path, the kernel chooses a name.
  const struct sockaddr unnamed = {.sa_family = AF_UNIX};
  Check(bind(listener, &unnamed, sizeof unnamed.sa_family) == 0 && listen(listener, 1) == 0, "listen");
  Check(Call(exports, "isListening", listener) == 1, "isListening, of one that listens");
  Check(Call(exports, "closeDescriptor", listener) == 0 && close(listener) != 0, "closeDescriptor");

  FILE* file = tmpfile();
  Check(file != NULL && Call(exports, "tryLock", fileno(file)) == 0, "tryLock");

  const Value* name = Get(CallForValue(exports, "findUserName", 0), "value");
  Check(strcmp(name->bytes, "root") == 0, "findUserName");

  Check(Call(exports, "tcpInfo", -1) < 0, "a number below zero is no descriptor");
  printf("%d\n", length);
  return 0;
}
