// The part of socket_options.h that is the same on Linux and macOS.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "getsockopt.h"
#include "option_numbers.h"
#include "retry_on_eintr.h"
#include "socket_options.h"

namespace sockinfo {

namespace {

OptionAnswer Answer(int fd, OptionNumber number) {
  OptionAnswer answer{-ENOPROTOOPT, {}};
  if (number.option != 0) {
    answer.length = GetSocketOption(fd, number.level, number.option, answer.value, sizeof answer.value);
  }
  return answer;
}

bool SendsIpv4(const sockaddr_storage& local) {
  if (local.ss_family == AF_INET) return true;
  return local.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<const sockaddr_in6&>(local).sin6_addr);
}

OptionAnswer AnswerTypeOfService(int fd) {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (RetryOnEintr([&] { return getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size); }) != 0) {
    return {-errno, {}};
  }
  return Answer(fd, SendsIpv4(local) ? OptionNumber{IPPROTO_IP, IP_TOS} : OptionNumber{IPPROTO_IPV6, IPV6_TCLASS});
}

}  // namespace

int ReadSocketOptions(int fd, void* out, std::size_t capacity) {
  constexpr std::size_t kSize = kSocketOptionCount * sizeof(OptionAnswer);
  if (capacity < kSize) return -EINVAL;
  auto* answer = static_cast<OptionAnswer*>(out);
  for (const auto& number : kOptionNumbers) *answer++ = Answer(fd, number);
  *answer = AnswerTypeOfService(fd);
  return static_cast<int>(kSize);
}

}  // namespace sockinfo
