// For LD_PRELOAD: answers getsockopt(TCP_INFO) as kernels do that only pretend to be Linux. FAKE_TCP_INFO is one of:
//   gvisor        232 bytes of 0, except the fields that gVisor fills in
//   zeros         the kernel's length, all bytes 0
//   length <n>    the first n bytes
//   error <n>     an error, as WSL 1 returns, which has no TCP_INFO
//   overlong      a length that is greater than the caller's buffer
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef int (*GetSocketOption)(int, int, int, void*, socklen_t*);

enum { kRoom = 512, kGvisorLength = 232 };

static void Keep(unsigned char* to, const unsigned char* from, unsigned at, unsigned size) {
  memcpy(to + at, from + at, size);
}

static socklen_t AnswerAsGvisor(unsigned char* answer) {
  unsigned char filled[kRoom] = {0};
  Keep(filled, answer, 0, 2);   // state, ca_state
  Keep(filled, answer, 8, 4);   // rto
  Keep(filled, answer, 68, 8);  // rtt, rttvar
  // A listener has no congestion control there.
  if (answer[0] != TCP_LISTEN) Keep(filled, answer, 76, 8);  // snd_ssthresh, snd_cwnd
  memcpy(answer, filled, kRoom);
  return kGvisorLength;
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  const GetSocketOption real = (GetSocketOption)dlsym(RTLD_NEXT, "getsockopt");
  const char* fake = getenv("FAKE_TCP_INFO");
  if (fake == NULL || level != IPPROTO_TCP || option != TCP_INFO) return real(fd, level, option, value, size);
  unsigned char answer[kRoom] = {0};
  socklen_t length = kRoom;
  int number = 0;
  const int result = real(fd, level, option, answer, &length);
  if (result != 0) return result;
  if (sscanf(fake, "error %d", &number) == 1) {
    errno = number;
    return -1;
  }
  if (sscanf(fake, "length %d", &number) == 1) length = (socklen_t)number;
  if (strcmp(fake, "gvisor") == 0) length = AnswerAsGvisor(answer);
  if (strcmp(fake, "zeros") == 0) memset(answer, 0, sizeof answer);
  const socklen_t copied = length < *size ? length : *size;
  memcpy(value, answer, copied);
  *size = strcmp(fake, "overlong") == 0 ? *size + 88 : copied;
  return 0;
}
