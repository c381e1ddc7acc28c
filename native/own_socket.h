// Opens, binds and closes sockets that Node does not manage. Plain C++, no Node.
#pragma once

#include <cstddef>

namespace sockinfo {

// A call that a signal interrupts is repeated, except close(2).

// socket(family, SOCK_STREAM). Returns a new descriptor with FD_CLOEXEC, or -errno.
int OpenStreamSocket(int family);

// bind(fd, path). `path` has `length` bytes and no final 0. On Linux a path that begins with 0 is an abstract name.
// Returns 0 or -errno: -EINVAL for an empty path, -ENAMETOOLONG if the path and a final 0 do not fit into sockaddr_un.
int BindUnix(int fd, const void* path, std::size_t length);

// close(fd), for any descriptor. Returns 0 or -errno.
int CloseDescriptor(int fd);

}  // namespace sockinfo
