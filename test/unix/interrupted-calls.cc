// For LD_PRELOAD: interrupts every second call of the native module, as signal(7) allows. Prints the name of each
// interrupted function. The prototypes are our own, because those of the headers differ between C libraries.
#include <dlfcn.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace {

// Whether this call of `caller` is one to interrupt.
bool IsInterrupted(const char* name, unsigned* count, const void* caller) {
  Dl_info info{};
  if (dladdr(caller, &info) == 0 || info.dli_fname == nullptr) return false;
  if (std::strstr(info.dli_fname, "sockinfo.node") == nullptr) return false;
  if (++*count % 2 == 0) return false;
  if (*count == 1) std::fprintf(stderr, "%s\n", name);
  return true;
}

int Fail() {
  errno = EINTR;
  return -1;
}

}  // namespace

// All of these return an int and take up to five words.
#define INTERRUPT(name, failure)                                                                            \
  extern "C" int name(long a, long b, long c, long d, long e) {                                             \
    static unsigned count = 0;                                                                              \
    if (IsInterrupted(#name, &count, __builtin_return_address(0))) return failure;                          \
    return reinterpret_cast<int (*)(long, long, long, long, long)>(dlsym(RTLD_NEXT, #name))(a, b, c, d, e); \
  }

INTERRUPT(getsockopt, Fail())
INTERRUPT(getpeername, Fail())
INTERRUPT(getsockname, Fail())
INTERRUPT(poll, Fail())
INTERRUPT(socket, Fail())
INTERRUPT(bind, Fail())
INTERRUPT(flock, Fail())
INTERRUPT(fchownat, Fail())
// These return the error number.
INTERRUPT(getpwuid_r, EINTR)
INTERRUPT(getgrgid_r, EINTR)
INTERRUPT(getpwnam_r, EINTR)
INTERRUPT(getgrnam_r, EINTR)

// Closes the descriptor even if it is interrupted, as Linux does.
extern "C" int close(int fd) {
  static unsigned count = 0;
  const bool is_interrupted = IsInterrupted("close", &count, __builtin_return_address(0));
  const int result = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "close"))(fd);
  return is_interrupted ? Fail() : result;
}

// Takes one word more than the others. The runtime calls it, too.
extern "C" long syscall(long number, long a, long b, long c, long d, long e, long f) {
  static unsigned count = 0;
  if (IsInterrupted("syscall", &count, __builtin_return_address(0))) return Fail();
  using Call = long (*)(long, long, long, long, long, long, long);
  return reinterpret_cast<Call>(dlsym(RTLD_NEXT, "syscall"))(number, a, b, c, d, e, f);
}
