// Preloaded (LD_PRELOAD): changes what a process gets from NETLINK_SOCK_DIAG. The environment variable NETLINK_SHIM is
//   small  the receive buffer is the smallest possible, which holds one announcement
//   deaf   announcements of the process's own sockets are lost silently, except that of a socket without a port
//   mute   the kernel announces nothing
//   threadless  no thread can be started, the first time
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TCP_CLOSE = 7 };

static int Is(const char* what) {
  const char* shim = getenv("NETLINK_SHIM");
  return shim != NULL && strcmp(shim, what) == 0;
}

static int IsNetlink(int fd) {
  int domain = 0;
  socklen_t length = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK;
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t length) {
  int (*real)(int, int, int, const void*, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
  const int smallest = 1;
  const int is_buffer = level == SOL_SOCKET && option == SO_RCVBUF;
  if (is_buffer && Is("small") && IsNetlink(fd)) return real(fd, level, option, &smallest, sizeof smallest);
  return real(fd, level, option, value, length);
}

// Whether it is an announcement that the process must not get.
static int IsHidden(const void* bytes, ssize_t length) {
  const struct nlmsghdr* header = bytes;
  if (length < (ssize_t)(sizeof *header + sizeof(struct inet_diag_msg))) return 0;
  const struct inet_diag_msg* message = NLMSG_DATA(header);
  if (message->idiag_state != TCP_CLOSE) return 0;
  return Is("mute") || (Is("deaf") && message->id.idiag_sport != 0);
}

ssize_t recvmsg(int fd, struct msghdr* header, int flags) {
  ssize_t (*real)(int, struct msghdr*, int) = dlsym(RTLD_NEXT, "recvmsg");
  const int is_netlink = IsNetlink(fd);
  for (;;) {
    const ssize_t length = real(fd, header, flags);
    if (!is_netlink || !IsHidden(header->msg_iov[0].iov_base, length)) return length;
  }
}

// Node gives all its threads attributes. sockinfo's has none.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* data) {
  static int refused = 0;
  int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) = dlsym(RTLD_NEXT, "pthread_create");
  if (attributes == NULL && Is("threadless") && !refused) {
    refused = 1;
    return EAGAIN;
  }
  return real(thread, attributes, run, data);
}

// Else a self-test would see that something has come.
int poll(void* descriptors, unsigned long count, int timeout) {
  int (*real)(void*, unsigned long, int) = dlsym(RTLD_NEXT, "poll");
  if (count == 2 && timeout > 0 && Is("mute")) {
    real(descriptors, 1, timeout);
    return 0;
  }
  return real(descriptors, count, timeout);
}
