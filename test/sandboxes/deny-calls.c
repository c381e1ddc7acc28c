// Runs a program under a seccomp filter that fails some system calls with an error, as sandboxes do.
//   deny-calls <error number> <call>[:<level>:<option>]... -- <program> <argument>...
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kMaxInstructions = 128, kInstructionsOfARule = 7 };

static struct sock_filter program[kMaxInstructions];
static unsigned short length = 0;

static void Add(unsigned short code, unsigned value, unsigned char if_true, unsigned char if_false) {
  program[length++] = (struct sock_filter){code, if_true, if_false, value};
}

// The offset of the lower half of an argument. The filter reads words of 32 bits.
static unsigned Argument(unsigned index) {
  const unsigned low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
  return offsetof(struct seccomp_data, args) + index * 8 + low;
}

static long NumberOf(const char* call) {
  if (strcmp(call, "getsockopt") == 0) return SYS_getsockopt;
  if (strcmp(call, "getsockname") == 0) return SYS_getsockname;
  if (strcmp(call, "getpeername") == 0) return SYS_getpeername;
  if (strcmp(call, "socket") == 0) return SYS_socket;
  fprintf(stderr, "%s is not known\n", call);
  exit(2);
}

// If a comparison fails, the filter goes on with the next rule.
static void AddRule(const char* text, unsigned error) {
  char call[32];
  unsigned level = 0, option = 0;
  const int parts = sscanf(text, "%31[^:]:%u:%u", call, &level, &option);
  const unsigned char rest = parts == 3 ? 5 : 1;
  Add(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
  Add(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)NumberOf(call), 0, rest);
  if (parts == 3) {
    Add(BPF_LD | BPF_W | BPF_ABS, Argument(1), 0, 0);
    Add(BPF_JMP | BPF_JEQ | BPF_K, level, 0, 3);
    Add(BPF_LD | BPF_W | BPF_ABS, Argument(2), 0, 0);
    Add(BPF_JMP | BPF_JEQ | BPF_K, option, 0, 1);
  }
  Add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error, 0, 0);
}

int main(int count, char** arguments) {
  if (count < 4) return 2;
  int next = 2;
  for (; next < count && strcmp(arguments[next], "--") != 0; next++) {
    if (length + kInstructionsOfARule >= kMaxInstructions) return 2;
    AddRule(arguments[next], (unsigned)atoi(arguments[1]));
  }
  Add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  struct sock_fprog filter = {length, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) perror("no_new_privs");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("seccomp");
    return 2;
  }
  execvp(arguments[next + 1], arguments + next + 1);
  perror(arguments[next + 1]);
  return 2;
}
