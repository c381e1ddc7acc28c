// What a port must supply for sockets of our own, and for listeners on Unix sockets: one system call a function. Plain
// C++, no Node: addon_listener.cc is the only caller, unix_listener_<os>.cc and unix_listener.cc the implementations;
// binding.gyp picks the files.
#pragma once

#include <cstddef>

namespace sockinfo {

// Each returns -errno where the call fails. One that a signal interrupts is repeated.

// socket(family, SOCK_STREAM): a descriptor that programs which are started do not inherit.
int OpenStreamSocket(int family);

// bind(fd, path). The path is bytes and has no end of its own; on Linux one that begins with 0 is an abstract name.
// -ENAMETOOLONG where it has no room in sockaddr_un with a 0 behind it, -EINVAL where it is empty.
int BindUnix(int fd, const void* path, std::size_t length);

// fchmodat(path, mode, AT_SYMLINK_NOFOLLOW). macOS; -ENOSYS on Linux, where libcs differ.
int SetModeOfPath(const char* path, unsigned mode);

// fchownat(fd, "", uid, gid, AT_EMPTY_PATH). The descriptor may be one of O_PATH. Linux; -ENOSYS on macOS.
int SetOwnerOfFile(int fd, unsigned uid, unsigned gid);

// fchmodat2(fd, "", mode, AT_EMPTY_PATH). Linux 6.6; -ENOSYS before, and on macOS.
int SetModeOfFile(int fd, unsigned mode);

// getsockname(fd): copies the path of a Unix socket, at most `capacity` bytes, and returns its length, which is 0 where
// it is not bound; -EAFNOSUPPORT for what is no Unix socket.
int ReadUnixPath(int fd, void* out, std::size_t capacity);

// getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN): 1 for a socket that listens, 0 for others.
int IsListening(int fd);

// getsockopt(fd, SOL_SOCKET, SO_TYPE): 1 for a stream, on every system.
int IsStream(int fd);

// flock(fd, LOCK_EX | LOCK_NB): 0, or -EWOULDBLOCK while another has it. The kernel gives it back with the descriptor,
// however its owner ends.
int TryLock(int fd);

// close(fd), for what Node does not know to be open. Never repeated.
int CloseDescriptor(int fd);

}  // namespace sockinfo
