// A path that loses packets, for loss.test.ts: a TUN interface whose other end is here. What is sent to 10.9.0.2 comes
// back as from 10.9.0.2 to 10.9.0.1 (source and destination change places, which leaves the checksums right), so that
// client and server can be one process. It counts what it drops, and which of the server's segments come for the second
// time: the truth about retransmissions, for which no netem and nobody else's counters are needed. Run it in a network
// namespace of its own.
//
// Usage: lossy-path <the server's port>. When the interface is up it prints {}. A command is answered with the counts
// since the one before:
//   drop <n>   from now on drop each nth segment with data of the server; 0 drops none, 1 all
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

// Of <linux/if_tun.h>, which Alpine has in a package of its own.
constexpr unsigned long kTunSetInterface = _IOW('T', 202, int);
constexpr short kTunOfIpPackets = 0x0001 | 0x1000;  // IFF_TUN | IFF_NO_PI

struct Counts {
  long segments;               // with data, of the server
  long bytes;                  // of data in those
  long retransmittedSegments;  // of those, what was there before
  long retransmittedBytes;
  long droppedSegments;
};

Counts counts;
long dropEach = 0;
long sinceDrop = 0;
uint32_t highest;  // the sequence number behind all that was seen
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

/** Counts a segment of the server; true if it is to be lost. */
bool isLost(const uint8_t* packet, ssize_t length, int serverPort) {
  const uint8_t* tcp = packet + (packet[0] & 15) * 4;
  if (packet[9] != IPPROTO_TCP || (tcp[0] << 8 | tcp[1]) != serverPort) return false;
  const long data = length - (tcp - packet) - (tcp[12] >> 4) * 4;
  if (data == 0) return false;
  counts.segments++;
  counts.bytes += data;
  const uint32_t sequence = word(tcp + 4);
  // Sequence numbers wrap, so only their distance tells which is first.
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

/** False at the end of the input. */
bool obey() {
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
    // What the kernel has sent before a command belongs to the counts before it.
    forward(tun, serverPort);
    if (ready[1].revents != 0 && !obey()) return 0;
  }
  fail("poll");
}
