// Looks up names and ids of users and groups in the system's directory. The directory may be a slow network service,
// so never call these functions on the JavaScript thread. Plain C++, no Node.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// The next two functions write the name to `out`, without a final 0. They return its length, 0 if no entry has the id,
// -ERANGE if the name is longer than `capacity`, or another -errno if the directory failed.

// getpwuid_r(uid)
int FindUserName(std::uint32_t uid, char* out, std::size_t capacity);
// getgrgid_r(gid)
int FindGroupName(std::uint32_t gid, char* out, std::size_t capacity);

// The next two functions return 1 and set `id`. They return 0 if no entry has the name, or -errno if the directory
// failed.

// getpwnam_r(name)
int FindUserId(const char* name, std::uint32_t* id);
// getgrnam_r(name)
int FindGroupId(const char* name, std::uint32_t* id);

}  // namespace sockinfo
