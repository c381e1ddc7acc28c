// A path that loses packets: this program is the other end of a TUN interface. It sends packets to 10.9.0.2 back, as
// from 10.9.0.2 to 10.9.0.1, so that client and server can be one process. Source and destination only change places,
// so the checksums stay right. It counts the segments that it drops, and the segments of the server that come a second
// time. So tests know the true retransmissions without netem or the kernel's counters. Run it in a network namespace
// of its own.
//
// Usage: lossy-path <the server's port>. When the interface is up it prints {}. It answers each command with the
// counts since the previous command:
//   drop <n>   from now on drop each nth segment with data of the server; 0 drops none, 1 drops all
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// From <linux/if_tun.h>, which Alpine has in a separate package.
constexpr unsigned long kTunSetInterface = _IOW('T', 202, int);
constexpr short kTunOfIpPackets = 0x0001 | 0x1000;  // IFF_TUN | IFF_NO_PI

struct Counts {
  long segments;               // segments of the server with data
  long bytes;                  // their data
  long retransmittedSegments;  // those of them that were seen before
  long retransmittedBytes;
  long droppedSegments;
};

Counts counts;
long dropEach = 0;
long sinceDrop = 0;
uint32_t highest;  // the sequence number after all data that was seen
bool isKnown = false;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void setAddress(int fd, unsigned long request, ifreq* interface, const char* address) {
  auto* in = reinterpret_cast<sockaddr_in*>(&interface->ifr_addr);
  *in = {};
  in->sin_family = AF_INET;
  inet_pton(AF_INET, address, &in->sin_addr);
  if (ioctl(fd, request, interface) < 0) fail("address");
}

int openTun() {
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq interface = {};
  interface.ifr_flags = kTunOfIpPackets;
  if (tun < 0 || ioctl(tun, kTunSetInterface, &interface) < 0) fail("/dev/net/tun");
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  setAddress(fd, SIOCSIFADDR, &interface, "10.9.0.1");
  setAddress(fd, SIOCSIFNETMASK, &interface, "255.255.255.0");
  interface.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &interface) < 0) fail("up");
  close(fd);
  return tun;
}

uint32_t word(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
}

/** Counts a segment of the server. Returns true if it must be dropped. */
bool isLost(const uint8_t* packet, ssize_t length, int serverPort) {
  const uint8_t* tcp = packet + (packet[0] & 15) * 4;
  if (packet[9] != IPPROTO_TCP || (tcp[0] << 8 | tcp[1]) != serverPort) return false;
  const long data = length - (tcp - packet) - (tcp[12] >> 4) * 4;
  if (data == 0) return false;
  counts.segments++;
  counts.bytes += data;
  const uint32_t sequence = word(tcp + 4);
  // Sequence numbers wrap, so only their distance shows the order.
  if (isKnown && static_cast<int32_t>(sequence - highest) < 0) {
    counts.retransmittedSegments++;
    counts.retransmittedBytes += data;
  } else {
    highest = sequence + static_cast<uint32_t>(data);
    isKnown = true;
  }
  if (dropEach == 0 || ++sinceDrop < dropEach) return false;
  sinceDrop = 0;
  counts.droppedSegments++;
  return true;
}

void forward(int tun, int serverPort) {
  static uint8_t packet[65536];
  for (ssize_t length; (length = read(tun, packet, sizeof packet)) > 0;) {
    if (packet[0] >> 4 != 4 || isLost(packet, length, serverPort)) continue;
    std::swap_ranges(packet + 12, packet + 16, packet + 16);
    if (write(tun, packet, static_cast<size_t>(length)) != length) fail("write");
  }
}

/** Reads and answers one command. Returns false at the end of the input. */
bool answerCommand() {
  char line[64] = {};
  if (read(STDIN_FILENO, line, sizeof line - 1) <= 0) return false;
  if (std::sscanf(line, "drop %ld", &dropEach) == 1) sinceDrop = 0;
  std::printf(
      "{\"segments\":%ld,\"bytes\":%ld,\"retransmittedSegments\":%ld,\"retransmittedBytes\":%ld,\"droppedSegments\":%"
      "ld}\n",
      counts.segments, counts.bytes, counts.retransmittedSegments, counts.retransmittedBytes, counts.droppedSegments);
  std::fflush(stdout);
  counts = {};
  return true;
}

}  // namespace

int main(int, char** arguments) {
  const int serverPort = std::atoi(arguments[1]);
  const int tun = openTun();
  std::puts("{}");
  std::fflush(stdout);
  pollfd ready[] = {{tun, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (poll(ready, 2, -1) > 0) {
    // Packets that the kernel sent before a command belong to the counts of that command.
    forward(tun, serverPort);
    if (ready[1].revents != 0 && !answerCommand()) return 0;
  }
  fail("poll");
}
