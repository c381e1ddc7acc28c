// Implements names.h with getpwnam(3) and getgrnam(3), which Linux and macOS have.
#include "names.h"

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sockinfo {

namespace {

constexpr std::size_t kFirstCapacity = 1024;
// This is large, because the entry of a group contains the names of all members.
constexpr std::size_t kMaxCapacity = std::size_t{1} << 24;

// Calls `find` with a growing buffer for the strings of the entry, until they fit. Passes the entry to `use` and
// returns its result. Returns 0 if there is no entry, or -errno if the directory failed.
template <class Entry, class Find, class Use>
int FindEntry(Find find, Use use) {
  for (std::size_t capacity = kFirstCapacity; capacity <= kMaxCapacity; capacity *= 4) {
    auto* strings = static_cast<char*>(std::malloc(capacity));
    if (strings == nullptr) return -ENOMEM;
    Entry entry{};
    Entry* found = nullptr;
    int error = 0;
    do {
      error = find(&entry, strings, capacity, &found);
    } while (error == EINTR);
    const int result = found != nullptr ? use(*found) : 0;
    std::free(strings);
    if (found != nullptr) return result;
    // Some systems report a missing entry by one of these errors: getpwnam(3), "ERRORS".
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return 0;
    if (error != ERANGE) return -error;
  }
  return -ERANGE;
}

int CopyName(const char* name, char* out, std::size_t capacity) {
  const std::size_t length = std::strlen(name);
  if (length > capacity) return -ERANGE;
  // The caller uses the length, so there is no final 0.
  // NOLINTNEXTLINE(bugprone-not-null-terminated-result)
  std::memcpy(out, name, length);
  return static_cast<int>(length);
}

}  // namespace

int FindUserName(std::uint32_t uid, char* out, std::size_t capacity) {
  return FindEntry<passwd>([uid](passwd* entry, char* strings, std::size_t size,
                                 passwd** found) { return getpwuid_r(uid, entry, strings, size, found); },
                           [out, capacity](const passwd& entry) { return CopyName(entry.pw_name, out, capacity); });
}

int FindGroupName(std::uint32_t gid, char* out, std::size_t capacity) {
  return FindEntry<group>([gid](group* entry, char* strings, std::size_t size,
                                group** found) { return getgrgid_r(gid, entry, strings, size, found); },
                          [out, capacity](const group& entry) { return CopyName(entry.gr_name, out, capacity); });
}

int FindUserId(const char* name, std::uint32_t* id) {
  return FindEntry<passwd>([name](passwd* entry, char* strings, std::size_t size,
                                  passwd** found) { return getpwnam_r(name, entry, strings, size, found); },
                           [id](const passwd& entry) {
                             *id = entry.pw_uid;
                             return 1;
                           });
}

int FindGroupId(const char* name, std::uint32_t* id) {
  return FindEntry<group>([name](group* entry, char* strings, std::size_t size,
                                 group** found) { return getgrnam_r(name, entry, strings, size, found); },
                          [id](const group& entry) {
                            *id = entry.gr_gid;
                            return 1;
                          });
}

}  // namespace sockinfo
