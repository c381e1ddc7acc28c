// Deliberate mistakes in the instrumented binary. If a sanitizer did not report them, it would not report mistakes of
// sockinfo either. SOCKINFO_CANARY names the mistake, or the folder for LeaveMark().
#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Volatile, so that the compiler neither warns of the mistakes nor optimizes them away.
volatile int one = 1;
volatile std::size_t size = 16;

void Overflow() {
  auto* bytes = static_cast<volatile char*>(std::malloc(size));
  bytes[15 + one] = 1;
}

void OverflowInt() { one = INT_MAX + one; }

// Leaks many blocks, because a block with an old pointer in a register or on the stack counts as in use.
void Leak() {
  for (int i = 0; i < 32; i++) *static_cast<volatile char*>(std::malloc(size)) = 1;
}

// Records that this process has leaked, with a file whose name is its process id.
void LeaveMark(const char* folder) {
  char path[PATH_MAX];
  std::snprintf(path, sizeof path, "%s/%d", folder, getpid());
  close(open(path, O_CREAT | O_WRONLY, 0666));
}

__attribute__((constructor)) void MakeMistake() {
  const char* mistake = std::getenv("SOCKINFO_CANARY");
  if (mistake == nullptr) return;
  if (std::strcmp(mistake, "overflow") == 0) {
    Overflow();
  } else if (std::strcmp(mistake, "undefined") == 0) {
    OverflowInt();
  } else {
    Leak();
    LeaveMark(mistake);
  }
}

}  // namespace
