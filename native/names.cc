// getpwnam(3), getgrnam(3), which every port has. The way on is addon_names.cc.
#include "names.h"

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sockinfo {

namespace {

constexpr std::size_t kFirstRoom = 1024;
// A group is given with all of its members.
constexpr std::size_t kMostRoom = std::size_t{1} << 24;

// Asks with more and more room for what belongs to the entry, and gives the entry to `use`, whose answer it returns; 0
// where there is none, -errno where the directory failed.
template <class Entry, class Ask, class Use>
int WithEntry(Ask ask, Use use) {
  for (std::size_t room = kFirstRoom; room <= kMostRoom; room *= 4) {
    auto* strings = static_cast<char*>(std::malloc(room));
    if (strings == nullptr) return -ENOMEM;
    Entry entry{};
    Entry* found = nullptr;
    int error = 0;
    do {
      error = ask(&entry, strings, room, &found);
    } while (error == EINTR);
    const int answer = found != nullptr ? use(*found) : 0;
    std::free(strings);
    if (found != nullptr) return answer;
    // These mean, too, that there is nobody: getpwnam(3), "ERRORS".
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return 0;
    if (error != ERANGE) return -error;
  }
  return -ERANGE;
}

int CopyName(const char* name, char* out, std::size_t capacity) {
  const std::size_t length = std::strlen(name);
  if (length > capacity) return -ERANGE;
  // Without the 0: its length is told.
  // NOLINTNEXTLINE(bugprone-not-null-terminated-result)
  std::memcpy(out, name, length);
  return static_cast<int>(length);
}

}  // namespace

int FindUserName(std::uint32_t uid, char* out, std::size_t capacity) {
  return WithEntry<passwd>([uid](passwd* entry, char* strings, std::size_t room,
                                 passwd** found) { return getpwuid_r(uid, entry, strings, room, found); },
                           [out, capacity](const passwd& entry) { return CopyName(entry.pw_name, out, capacity); });
}

int FindGroupName(std::uint32_t gid, char* out, std::size_t capacity) {
  return WithEntry<group>([gid](group* entry, char* strings, std::size_t room,
                                group** found) { return getgrgid_r(gid, entry, strings, room, found); },
                          [out, capacity](const group& entry) { return CopyName(entry.gr_name, out, capacity); });
}

int FindUserId(const char* name, std::uint32_t* id) {
  return WithEntry<passwd>([name](passwd* entry, char* strings, std::size_t room,
                                  passwd** found) { return getpwnam_r(name, entry, strings, room, found); },
                           [id](const passwd& entry) {
                             *id = entry.pw_uid;
                             return 1;
                           });
}

int FindGroupId(const char* name, std::uint32_t* id) {
  return WithEntry<group>([name](group* entry, char* strings, std::size_t room,
                                 group** found) { return getgrnam_r(name, entry, strings, room, found); },
                          [id](const group& entry) {
                            *id = entry.gr_gid;
                            return 1;
                          });
}

}  // namespace sockinfo
