// Reads what the kernel reports about an MPTCP connection and its subflows. Plain C++, no Node. Linux 5.16; on other
// systems each function returns -ENOPROTOOPT.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// The beginning of the answer. Three arrays of the kernel follow, each with kSubflowHeadSize bytes before its elements
// (struct mptcp_subflow_data: the size of that head, the number of subflows, the size of an element in the kernel, and
// the size of an element here, each a word of 32 bits), and with space for the same number of elements:
//   MPTCP_SUBFLOW_ADDRS     elements of kSubflowAddressesSize bytes: two sockaddr_storage, local and remote
//   MPTCP_TCPINFO           elements of at most kSubflowTcpInfoSize bytes: struct tcp_info
//   MPTCP_SUBFLOW_ADDRS     again. If it differs from the first, a subflow came or went, and the arrays do not match
struct MptcpAnswer {
  // MPTCP_INFO. The kernel's length of `info`.
  std::int32_t info_length;
  // The lengths of the three arrays, or -errno.
  std::int32_t array_lengths[3];
  // struct mptcp_info.
  std::uint8_t info[256];
};
constexpr std::size_t kSubflowHeadSize = 16;
constexpr std::size_t kSubflowAddressesSize = 256;
constexpr std::size_t kSubflowTcpInfoSize = 512;
// src/socket-facts/mptcp-answer.ts reads the bytes at these offsets.
static_assert(offsetof(MptcpAnswer, array_lengths) == 4);
static_assert(offsetof(MptcpAnswer, info) == 16);
static_assert(sizeof(MptcpAnswer) == 272);

// getsockopt(fd, SOL_MPTCP, …), four times. Fills `out` as above, with as many elements in each array as fit into
// `capacity`. The head of an array has the true number of subflows. Returns `capacity`, or -errno if MPTCP_INFO
// failed:
// -EOPNOTSUPP for a socket that is not MPTCP or has fallen back to TCP.
int ReadMptcpInfo(int fd, void* out, std::size_t capacity);

// Opens an MPTCP socket, reads its MPTCP_INFO and closes it. Returns 1 if the kernel has it, 0 if not, or -errno if no
// such socket can be opened.
int HasMptcpInfo();

}  // namespace sockinfo
