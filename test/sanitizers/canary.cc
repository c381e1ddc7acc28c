// Mistakes on purpose, compiled into the instrumented binary only: what is not reported of these would not be reported
// of sockinfo either. run-tests.mts sets SOCKINFO_CANARY and looks for the reports.
#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Volatile: the compiler must neither warn of the mistakes nor leave them out.
volatile int one = 1;
volatile std::size_t size = 16;

void Overflow() {
  auto* bytes = static_cast<volatile char*>(std::malloc(size));
  bytes[15 + one] = 1;
}

void OverflowInt() { one = INT_MAX + one; }

// Many, since an old pointer may be left in a register or on the stack, and counts as in use there.
void Leak() {
  for (int i = 0; i < 32; i++) *static_cast<volatile char*>(std::malloc(size)) = 1;
}

// Tells that this process has leaked, by a file with its id as the name.
void LeaveMark(const char* folder) {
  char path[PATH_MAX];
  std::snprintf(path, sizeof path, "%s/%d", folder, getpid());
  close(open(path, O_CREAT | O_WRONLY, 0666));
}

__attribute__((constructor)) void Sing() {
  const char* song = std::getenv("SOCKINFO_CANARY");
  if (song == nullptr) return;
  if (std::strcmp(song, "overflow") == 0) {
    Overflow();
  } else if (std::strcmp(song, "undefined") == 0) {
    OverflowInt();
  } else {
    Leak();
    LeaveMark(song);
  }
}

}  // namespace
