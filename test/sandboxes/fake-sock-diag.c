// Preloaded into a process, changes what NETLINK_SOCK_DIAG sends to it, as FAKE_SOCK_DIAG says. Other sockets are not
// affected.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int seen = 0;

static int Is(const char* name) {
  const char* fake = getenv("FAKE_SOCK_DIAG");
  return fake != NULL && strcmp(fake, name) == 0;
}

static ssize_t Fail(int error) {
  errno = error;
  return -1;
}

// Replaces the datagram by one message of that type, whose payload is `number`.
static ssize_t Replace(struct nlmsghdr* header, uint16_t type, int32_t number) {
  header->nlmsg_len = sizeof *header + sizeof number;
  header->nlmsg_type = type;
  memcpy(header + 1, &number, sizeof number);
  return header->nlmsg_len;
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  ssize_t (*real)(int, struct msghdr*, int) = (ssize_t (*)(int, struct msghdr*, int))dlsym(RTLD_NEXT, "recvmsg");
  const int is_netlink = message->msg_namelen == sizeof(struct sockaddr_nl) && message->msg_name != NULL;
  if (!is_netlink) return real(fd, message, flags);
  seen++;
  if (Is("signal") && seen % 2 == 1) return Fail(EINTR);
  if (Is("lost") && seen == 1) return Fail(ENOBUFS);
  if (Is("silent")) return Fail(EAGAIN);
  if (Is("denied")) return Fail(EPERM);
  const ssize_t length = real(fd, message, flags | (Is("foreign") && seen % 2 == 1 ? MSG_PEEK : 0));
  if (length < (ssize_t)sizeof(struct nlmsghdr)) return length;
  struct sockaddr_nl* sender = message->msg_name;
  struct nlmsghdr* header = message->msg_iov->iov_base;
  if (Is("foreign") && seen % 2 == 1) {
    // A copy of the true answer, with another content, from a process. The true one is still in the queue.
    sender->nl_pid = 12345;
    return Replace(header, NLMSG_ERROR, -ENOENT);
  }
  if (Is("only-foreign")) sender->nl_pid = 12345;
  if (Is("other-family")) sender->nl_family = AF_UNIX;
  if (Is("no-sender")) message->msg_namelen = 0;
  if (Is("truncated")) message->msg_flags |= MSG_TRUNC;
  if (Is("other-sequence")) header->nlmsg_seq += 7;
  if (Is("interrupted")) header->nlmsg_flags |= NLM_F_DUMP_INTR;
  if (Is("no-tcp-diag")) return Replace(header, NLMSG_ERROR, -ENOENT);
  if (Is("no-tcp-diag-done")) return Replace(header, NLMSG_DONE, -ENOENT);
  if (Is("refused")) return Replace(header, NLMSG_ERROR, -EINVAL);
  if (Is("acknowledged")) return Replace(header, NLMSG_ERROR, 0);
  if (Is("odd-error")) return Replace(header, NLMSG_ERROR, 17);
  if (Is("done")) return Replace(header, NLMSG_DONE, 0);
  if (Is("other-type")) header->nlmsg_type = 77;
  if (Is("empty-error")) {
    header->nlmsg_type = NLMSG_ERROR;
    return header->nlmsg_len = sizeof *header;
  }
  // struct unix_diag_msg or struct inet_diag_msg. Both begin with the family.
  const size_t row = *(uint8_t*)(header + 1) == AF_UNIX ? 16 : 72;
  if (Is("short")) return header->nlmsg_len = (uint32_t)(sizeof *header + row - 1);
  if (Is("cut")) return length - 8;
  if (Is("too-long")) header->nlmsg_len = (uint32_t)length + 4;
  if (Is("bad-attribute")) ((uint8_t*)(header + 1))[row] = 0xff;
  return length;
}
