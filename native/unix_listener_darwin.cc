// macOS: unix(4), chmod(2).
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "unix_listener.h"

namespace sockinfo {

int OpenStreamSocket(int family) {
  const int fd = RetryOnEintr([family] { return socket(family, SOCK_STREAM, 0); });
  if (fd < 0) return -errno;
  // It can't be asked for at once here.
  if (RetryOnEintr([fd] { return fcntl(fd, F_SETFD, FD_CLOEXEC); }) == 0) return fd;
  const int error = errno;
  CloseDescriptor(fd);
  return -error;
}

int SetModeOfPath(const char* path, unsigned mode) {
  const auto change = [path, mode] { return fchmodat(AT_FDCWD, path, static_cast<mode_t>(mode), AT_SYMLINK_NOFOLLOW); };
  return RetryOnEintr(change) == 0 ? 0 : -errno;
}

int SetOwnerOfFile(int, unsigned, unsigned) { return -ENOSYS; }
int SetModeOfFile(int, unsigned) { return -ENOSYS; }

}  // namespace sockinfo
