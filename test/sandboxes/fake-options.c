// For LD_PRELOAD: answers some socket options as other kernels do. FAKE_OPTIONS is a list of answers with spaces
// between them. Each has a level, an option, and bytes in hexadecimal digits or an error number:
//   1:47=00350c00     those four bytes
//   6:26=             no bytes
//   1:72!92           the error 92
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef int (*GetSocketOption)(int, int, int, void*, socklen_t*);

static const char* FindAnswer(int level, int option) {
  const char* text = getenv("FAKE_OPTIONS");
  while (text != NULL && *text != '\0') {
    int own_level = 0, own_option = 0, length = 0;
    if (sscanf(text, "%d:%d%n", &own_level, &own_option, &length) != 2) return NULL;
    if (own_level == level && own_option == option) return text + length;
    text = strchr(text, ' ');
    if (text != NULL) text++;
  }
  return NULL;
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  const GetSocketOption real = (GetSocketOption)dlsym(RTLD_NEXT, "getsockopt");
  const char* answer = FindAnswer(level, option);
  if (answer == NULL) return real(fd, level, option, value, size);
  if (*answer == '!') {
    errno = atoi(answer + 1);
    return -1;
  }
  unsigned char* bytes = (unsigned char*)value;
  socklen_t length = 0;
  unsigned byte = 0;
  for (answer++; sscanf(answer, "%2x", &byte) == 1 && *answer != ' '; answer += 2, length++) {
    if (length < *size) bytes[length] = (unsigned char)byte;
  }
  *size = length;
  return 0;
}
