// What socket_options_posix.cc needs of a system: the numbers of the options.
#pragma once

#include "socket_options.h"

namespace sockinfo {

struct OptionNumber {
  int level;
  // 0 if the system lacks the option. No option has this number.
  int option;
};

// In the order of SocketOption, without kTypeOfService, which depends on the socket's address.
extern const OptionNumber kOptionNumbers[kTypeOfService];

}  // namespace sockinfo
