// The part of socket_file.h that needs macOS: chmod(2).
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "retry_on_eintr.h"
#include "socket_file.h"

namespace sockinfo {

int SetModeOfPath(const char* path, unsigned mode) {
  const auto change = [path, mode] { return fchmodat(AT_FDCWD, path, static_cast<mode_t>(mode), AT_SYMLINK_NOFOLLOW); };
  return RetryOnEintr(change) == 0 ? 0 : -errno;
}

int SetOwnerOfFile(int, unsigned, unsigned) { return -ENOSYS; }
int SetModeOfFile(int, unsigned) { return -ENOSYS; }

}  // namespace sockinfo
