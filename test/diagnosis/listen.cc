// Listens on a port of all addresses with socket options that Node can't set, and runs a program with that listener as
// descriptor 3. Accepted connections inherit the options.
//
// Usage: listen <port> [sndbuf=<bytes>] [pacing=<bytes/s>] [lowat=<bytes>] -- <program> [argument …]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kListener = 3;

void setOption(int fd, const char* word) {
  const char* sign = std::strchr(word, '=');
  const int value = sign == nullptr ? 0 : std::atoi(sign + 1);
  int status = -1;
  if (std::strncmp(word, "sndbuf=", 7) == 0) {
    status = setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
  } else if (std::strncmp(word, "pacing=", 7) == 0) {
    status = setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &value, sizeof value);
  } else if (std::strncmp(word, "lowat=", 6) == 0) {
    status = setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
  }
  if (status == 0) return;
  std::perror(word);
  std::exit(1);
}

}  // namespace

int main(int, char** arguments) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd != kListener) {
    dup2(fd, kListener);
    close(fd);
  }
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(arguments[1])));
  if (bind(kListener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(kListener, 16) != 0) {
    std::perror("listen");
    return 1;
  }
  char** word = arguments + 2;
  for (; *word != nullptr && std::strcmp(*word, "--") != 0; word++) setOption(kListener, *word);
  if (*word == nullptr) return 1;
  execvp(word[1], word + 1);
  std::perror(word[1]);
  return 1;
}
