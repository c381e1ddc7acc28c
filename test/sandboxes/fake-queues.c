// For LD_PRELOAD: other answers to the calls of getSocketMemory, getQueuedBytes and getMptcpInfo. FAKE_QUEUES is a
// list of these, separated by commas:
//   memory <n>       SO_MEMINFO has n bytes
//   memory -<n>      SO_MEMINFO fails with error n
//   reserved <n>     word 4 of SO_MEMINFO is n
//   drops <n>        word 8 of SO_MEMINFO is n, in hexadecimal
//   ioctl -<n>       each ioctl of a queue fails with error n
//   unsent -<n>      SIOCOUTQNSD fails with error n
//   moved <n>        SIOCOUTQNSD returns n, as if the process had written between the calls
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

typedef int (*GetSocketOption)(int, int, int, void*, socklen_t*);
typedef int (*Control)(int, unsigned long, ...);

enum { kMeminfo = 55, kUnsent = 0x894B };

// Whether the list has the word, and its number.
static int Has(const char* word, const char* format, void* number) {
  const char* list = getenv("FAKE_QUEUES");
  const char* at = list == NULL ? NULL : strstr(list, word);
  return at != NULL && sscanf(at + strlen(word), format, number) == 1;
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  const GetSocketOption real = (GetSocketOption)dlsym(RTLD_NEXT, "getsockopt");
  const socklen_t capacity = *size;
  const int result = real(fd, level, option, value, size);
  if (result != 0 || level != SOL_SOCKET || option != kMeminfo) return result;
  int length = 0;
  Has("reserved ", "%d", (char*)value + 16);
  Has("drops ", "%x", (char*)value + 32);
  if (!Has("memory ", "%d", &length)) return result;
  if (length < 0) {
    errno = -length;
    return -1;
  }
  *size = (socklen_t)length;
  // A longer answer has bytes that no kernel has today.
  if (length > 36 && (socklen_t)length <= capacity) memset((char*)value + 36, 0xff, (size_t)length - 36);
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const Control real = (Control)dlsym(RTLD_NEXT, "ioctl");
  int number = 0;
  if (request == FIONREAD || request == TIOCOUTQ || request == kUnsent) {
    if (Has("ioctl ", "%d", &number) || (request == kUnsent && Has("unsent ", "%d", &number))) {
      errno = -number;
      return -1;
    }
    if (request == kUnsent && Has("moved ", "%d", argument)) return 0;
  }
  return real(fd, request, argument);
}
