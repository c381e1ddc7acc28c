// Names of users and groups, as the system's directory has them: files, or services that may take long to answer. Never
// called on the thread of JavaScript. Plain C++, no Node: addon_names.cc is the only caller, names.cc the only
// implementation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sockinfo {

// Each of the first two copies the name, without a 0 behind it, and returns its length; 0 where nobody has the id,
// -ERANGE where the name is longer than `capacity`, another -errno where the directory failed.

// getpwuid_r(uid)
int FindUserName(std::uint32_t uid, char* out, std::size_t capacity);
// getgrgid_r(gid)
int FindGroupName(std::uint32_t gid, char* out, std::size_t capacity);

// Each of these two returns 1 and sets `id`; 0 where nobody has the name, -errno where the directory failed.

// getpwnam_r(name)
int FindUserId(const char* name, std::uint32_t* id);
// getgrnam_r(name)
int FindGroupId(const char* name, std::uint32_t* id);

}  // namespace sockinfo
