#define _POSIX_C_SOURCE 200809L
#include "loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>

double thread_cpu_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double loop_tcp_info(int fd, int calls) {
  const double start = thread_cpu_ns();
  for (int i = 0; i < calls; i++) {
    char buffer[512];
    socklen_t length = sizeof buffer;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, buffer, &length) != 0) return -1;
  }
  return (thread_cpu_ns() - start) / calls;
}
