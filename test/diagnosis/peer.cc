// The client of a diagnosed connection. It connects, asks, and reads as its arguments say. Written in C++ so that it
// runs in guests without other programs, and takes no time from the server.
//
// Usage: peer <address> <port> [name=value …]
//   rcvbuf=<bytes>     SO_RCVBUF, which limits the window
//   shrink=<bytes>     the same after the handshake, so that openat=<ms> can make it 4 MB
//   rate=<bytes/s>     reads that fast, in steps of step=<ms>; from=<ms>: only from then on
//   stopafter=<bytes>  reads nothing after that many bytes
//   every=<ms>         asks again so long after each answer, which ends with a newline
//   half=1             ends its own side after the first question
//   http=1             asks by HTTP
// Or: peer flood <port> [at=<ms>]: a client and a server of its own, with cubic, that fill the path.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <thread>

namespace {

std::map<std::string, double> settings;

double setting(const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? 0 : found->second;
}

const auto start = std::chrono::steady_clock::now();

/** Milliseconds since the start. */
double elapsed() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count(); }

void wait(double ms) { std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms)); }

sockaddr_in addressOf(const char* host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

void set(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) std::exit(2);
}

int connectTo(const char* host, int port) {
  const sockaddr_in address = addressOf(host, port);
  for (int attempt = 0; attempt < 50; attempt++) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (setting("rcvbuf") > 0) set(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(setting("rcvbuf")));
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    close(fd);
    wait(100);
  }
  std::exit(3);
}

/** Returns the last byte. Ends the process when the server has ended. */
char take(int fd, size_t most, double* taken) {
  static char buffer[1 << 18];
  const ssize_t length = recv(fd, buffer, std::min(most, sizeof buffer), 0);
  if (length <= 0) std::exit(0);
  *taken += static_cast<double>(length);
  return buffer[length - 1];
}

void ask(int fd) {
  const std::string question = setting("http") > 0 ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n" : "GET\n";
  if (send(fd, question.data(), question.size(), MSG_NOSIGNAL) < 0) std::exit(0);
}

void openWindow(int fd) {
  constexpr int kWindow = 4 << 20;
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kWindow);
  set(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, kWindow);
}

[[noreturn]] void readAtRate(int fd) {
  const double began = elapsed();
  const double step = setting("step") > 0 ? setting("step") : 50;
  for (double taken = 0;; wait(step)) {
    const double due = (elapsed() - began) * setting("rate") / 1000;
    while (taken < due) take(fd, static_cast<size_t>(std::max(1.0, due - taken)), &taken);
  }
}

[[noreturn]] void read(int fd) {
  double taken = 0;
  bool isSmall = setting("openat") > 0;
  for (;;) {
    if (setting("rate") > 0 && elapsed() >= setting("from")) readAtRate(fd);
    if (isSmall && elapsed() >= setting("openat")) {
      openWindow(fd);
      isSmall = false;
    }
    if (setting("stopafter") > 0 && taken >= setting("stopafter")) pause();
    const bool isEnd = take(fd, setting("stopafter") > 0 ? 1 << 14 : 1 << 18, &taken) == '\n';
    if (isEnd && setting("every") > 0) {
      wait(setting("every"));
      ask(fd);
    }
  }
}

[[noreturn]] void flood(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = addressOf("10.9.0.1", port);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::exit(4);
  listen(listener, 1);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = accept(listener, nullptr, nullptr);
    // Not on the listener: the route's congestion control replaces what accepted connections inherit.
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0) std::exit(2);
    static char block[1 << 16];
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0) {
    }
    std::exit(0);
  }
  wait(setting("at"));
  const int fd = connectTo("10.9.0.2", port);
  for (double taken = 0;;) take(fd, 1 << 18, &taken);
}

}  // namespace

int main(int argc, char** arguments) {
  if (argc < 3) return 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 3; i < argc; i++) {
    const char* sign = std::strchr(arguments[i], '=');
    if (sign == nullptr) return 1;
    settings[std::string(arguments[i], static_cast<size_t>(sign - arguments[i]))] = std::atof(sign + 1);
  }
  const int port = std::atoi(arguments[2]);
  if (std::strcmp(arguments[1], "flood") == 0) flood(port);
  const int fd = connectTo(arguments[1], port);
  // The handshake decides how large the window can be later.
  if (setting("shrink") > 0) set(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(setting("shrink")));
  ask(fd);
  if (setting("half") > 0) shutdown(fd, SHUT_WR);
  read(fd);
}
