// Implements mptcp_info.h on Linux: Documentation/networking/mptcp.rst, include/uapi/linux/mptcp.h.
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "getsockopt.h"
#include "mptcp_info.h"
#include "own_socket.h"
#include "retry_on_eintr.h"
#include "socket_info.h"

namespace sockinfo {

namespace {

// The headers of a libc may be older.
constexpr int kProtocolMptcp = 262;
constexpr int kLevelMptcp = 284;
constexpr int kInfo = 1;
constexpr int kTcpInfo = 2;
constexpr int kSubflowAddresses = 3;

// struct mptcp_subflow_data.
struct SubflowHead {
  std::uint32_t head_size;
  std::uint32_t subflow_count;
  std::uint32_t kernel_size;
  std::uint32_t element_size;
};
static_assert(sizeof(SubflowHead) == kSubflowHeadSize);

std::int32_t ReadArray(int fd, int option, std::uint8_t* out, std::size_t element_size, std::size_t count) {
  const SubflowHead head{sizeof head, 0, 0, static_cast<std::uint32_t>(element_size)};
  std::memcpy(out, &head, sizeof head);
  return GetSocketOption(fd, kLevelMptcp, option, out, sizeof head + (count * element_size));
}

}  // namespace

int ReadMptcpInfo(int fd, void* out, std::size_t capacity) {
  MptcpAnswer answer{};
  constexpr std::size_t kHeads = sizeof answer + (3 * kSubflowHeadSize);
  if (capacity < kHeads) return -EFAULT;
  answer.info_length = GetSocketOption(fd, kLevelMptcp, kInfo, answer.info, sizeof answer.info);
  if (answer.info_length < 0) return answer.info_length;

  const std::size_t count = (capacity - kHeads) / ((2 * kSubflowAddressesSize) + kSubflowTcpInfoSize);
  auto* const addresses = static_cast<std::uint8_t*>(out) + sizeof answer;
  auto* const tcp_infos = addresses + kSubflowHeadSize + (count * kSubflowAddressesSize);
  auto* const addresses_again = tcp_infos + kSubflowHeadSize + (count * kSubflowTcpInfoSize);
  answer.array_lengths[0] = ReadArray(fd, kSubflowAddresses, addresses, kSubflowAddressesSize, count);
  answer.array_lengths[1] = ReadArray(fd, kTcpInfo, tcp_infos, kSubflowTcpInfoSize, count);
  answer.array_lengths[2] = ReadArray(fd, kSubflowAddresses, addresses_again, kSubflowAddressesSize, count);
  std::memcpy(out, &answer, sizeof answer);
  return static_cast<int>(capacity);
}

int HasMptcpInfo() {
  const int fd = RetryOnEintr([] { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, kProtocolMptcp); });
  if (fd < 0) return -errno;
  std::uint8_t info[256];
  const int length = GetSocketOption(fd, kLevelMptcp, kInfo, info, sizeof info);
  CloseDescriptor(fd);
  return length < 0 ? 0 : 1;
}

}  // namespace sockinfo
