// Implements socket_address.h on Linux.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "retry_on_eintr.h"
#include "socket_address.h"

namespace sockinfo {

namespace {

// The longest address that is read here. A longer one, as of a Unix socket, is cut.
union Address {
  sockaddr any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
};

template <class GetName>
SocketAddress AddressBy(GetName get_name, int fd) {
  SocketAddress result{};
  Address address{};
  socklen_t length = sizeof address;
  if (RetryOnEintr([&] { return get_name(fd, &address.any, &length); }) != 0) return result;
  if (address.any.sa_family == AF_INET) {
    result.ip_version = 4;
    result.port = ntohs(address.ipv4.sin_port);
    std::memcpy(result.bytes, &address.ipv4.sin_addr, sizeof address.ipv4.sin_addr);
  } else if (address.any.sa_family == AF_INET6) {
    result.ip_version = 6;
    result.port = ntohs(address.ipv6.sin6_port);
    result.scope_id = address.ipv6.sin6_scope_id;
    std::memcpy(result.bytes, &address.ipv6.sin6_addr, sizeof address.ipv6.sin6_addr);
  }
  return result;
}

}  // namespace

int ReadRemoteAddress(int fd, void* out, std::size_t capacity) {
  if (capacity < sizeof(SocketAddress)) return -EFAULT;
  const SocketAddress remote = AddressBy(getpeername, fd);
  std::memcpy(out, &remote, sizeof remote);
  return sizeof remote;
}

int ReadAddresses(int fd, void* out, std::size_t capacity) {
  if (capacity < 2 * sizeof(SocketAddress)) return -EFAULT;
  const SocketAddress both[] = {AddressBy(getpeername, fd), AddressBy(getsockname, fd)};
  std::memcpy(out, both, sizeof both);
  return sizeof both;
}

}  // namespace sockinfo
