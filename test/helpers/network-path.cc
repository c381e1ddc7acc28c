// A network path made in user space: this program is the other end of a TUN interface. It sends packets to 10.9.0.2
// back, as from 10.9.0.2 to 10.9.0.1, after what a network would do to them. So client and server can be on one
// machine, and tests know the true losses and queues without netem or the kernel's counters. Source and destination
// only change places, so the checksums stay right. Run it in a network namespace of its own.
//
// Usage: network-path <port of the server> [name=value …]. When the interface is up, it prints {}. Each line of the
// standard input sets names, as in `loss=1 delay=20`, or is `counts`. It answers each line with the counts since the
// previous line. "Down" is from the server to the client. Connections of other servers share the queue, without counts.
//   delay=<ms>          one way, in both directions
//   rate=<kbit/s>       of the bottleneck, down; with queue=<bytes> before it, whose end drops what does not fit
//   codel=<ms>          the queue's target: drops begin when packets wait longer than this for 100 ms (RFC 8289)
//   police=<kbit/s>     drops what is faster, down; with bucket=<bytes> for bursts
//   drop=<n>            drops each nth segment with data of the server; 0 drops none, 1 drops all
//   loss=<percent>      drops segments with data at random; losslength=<n>: in bursts of n on average
//   ackloss=<percent>   drops packets to the server at random
//   duplicates=<percent> of segments with data
//   reorder=<ms>        delays each segment with data at random, so that others overtake it
//   jitter=<ms>         delays each packet at random, in order
//   hole=<0 or 1>       drops everything
//   seed=<n>            for what is random
//   path=<n>            at the start only: the interface path<n> and the addresses 10.9.<n>.1 and .2 instead of 10.9.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace {

// From <linux/if_tun.h>, which Alpine has in a separate package.
constexpr unsigned long kTunSetInterface = _IOW('T', 202, int);
constexpr short kTunOfIpPackets = 0x0001 | 0x1000;  // IFF_TUN | IFF_NO_PI

/** Ports of servers are below those that the kernel gives to clients. */
constexpr int kFirstPortOfClients = 32768;
constexpr double kCodelIntervalMs = 100;

/** Flags of TCP. */
constexpr uint8_t kSyn = 2;
constexpr uint8_t kRst = 4;
constexpr uint8_t kAck = 16;

struct Counts {
  long segments;               // segments of the server with data
  long bytes;                  // their data
  long retransmittedSegments;  // those of them that were seen before
  long retransmittedBytes;
  long droppedSegments;       // those of them that the path dropped, for any reason
  long queueDroppedSegments;  // those of them that the queue had no room for
  long strayResets;           // of clients, without ACK: answers to segments that came after their end
  double queueMsSum;          // the sum of the times that they waited in the queue
  double lateMs;              // the longest time that this program was late
};

Counts counts;
std::map<std::string, double> settings;
/** By the port of the client: the sequence number after all data that was seen. */
std::map<int, uint32_t> highest;
std::mt19937_64 generator;

/** Times are in milliseconds. */
double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

using Packet = std::vector<uint8_t>;
/** By the time to send them. Packets of one time keep their order. */
std::multimap<double, Packet> travelling;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

double setting(const char* name) {
  const auto found = settings.find(name);
  return found == settings.end() ? 0 : found->second;
}

double upTo(double end) { return std::uniform_real_distribution<double>(0, end)(generator); }

bool happens(double percent) { return percent > 0 && upTo(100) < percent; }

void setAddress(int fd, unsigned long request, ifreq* interface, const char* address) {
  auto* in = reinterpret_cast<sockaddr_in*>(&interface->ifr_addr);
  *in = {};
  in->sin_family = AF_INET;
  inet_pton(AF_INET, address, &in->sin_addr);
  if (ioctl(fd, request, interface) < 0) fail("address");
}

int openTun() {
  const std::string number = std::to_string(static_cast<int>(setting("path")));
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq interface = {};
  std::snprintf(interface.ifr_name, sizeof interface.ifr_name, "path%s", number.c_str());
  interface.ifr_flags = kTunOfIpPackets;
  if (tun < 0 || ioctl(tun, kTunSetInterface, &interface) < 0) fail("/dev/net/tun");
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  setAddress(fd, SIOCSIFADDR, &interface, ("10.9." + number + ".1").c_str());
  setAddress(fd, SIOCSIFNETMASK, &interface, "255.255.255.0");
  interface.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &interface) < 0) fail("up");
  close(fd);
  return tun;
}

int portAt(const uint8_t* at) { return at[0] << 8 | at[1]; }

uint32_t wordAt(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
}

/** Counts a segment with `data` bytes to the client with this port. */
void count(int clientPort, uint32_t sequence, long data) {
  counts.segments++;
  counts.bytes += data;
  // Sequence numbers wrap, so only their distance shows the order.
  const auto known = highest.find(clientPort);
  if (known != highest.end() && static_cast<int32_t>(sequence - known->second) < 0) {
    counts.retransmittedSegments++;
    counts.retransmittedBytes += data;
  } else {
    highest[clientPort] = sequence + static_cast<uint32_t>(data);
  }
}

/** Whether the path loses this segment with data, apart from its queue. */
bool isLost(double time, double bytes) {
  static long sinceDrop = 0;
  static bool isInBurst = false;
  static double tokens = 0;
  static double filledAt = 0;

  if (setting("drop") > 0 && ++sinceDrop >= setting("drop")) {
    sinceDrop = 0;
    return true;
  }
  const double length = std::max(1.0, setting("losslength"));
  isInBurst = isInBurst && length > 1 ? !happens(100 / length) : happens(setting("loss") / length);
  if (isInBurst) return true;
  if (setting("police") > 0) {
    tokens = std::min(setting("bucket"), tokens + (time - filledAt) * setting("police") / 8);
    filledAt = time;
    if (tokens < bytes) return true;
    tokens -= bytes;
  }
  return false;
}

/** Whether a queue that controls its delay drops a packet that would wait for `waitMs`. */
bool isDroppedByCodel(double time, double waitMs) {
  static double aboveSince = 0;
  static double dropAt = 0;
  static long drops = 0;

  if (setting("codel") <= 0) return false;
  if (waitMs < setting("codel")) {
    aboveSince = 0;
    return false;
  }
  if (aboveSince <= 0) {
    aboveSince = time;
    // After a short pause the control goes on nearly where it was.
    drops = drops > 2 && time - dropAt < 8 * kCodelIntervalMs ? drops - 2 : 0;
    dropAt = time + kCodelIntervalMs;
  }
  if (time < dropAt) return false;
  drops++;
  dropAt = time + kCodelIntervalMs / std::sqrt(static_cast<double>(drops));
  return true;
}

/** The time that a packet down waits in the queue and is on the wire, or -1 if the queue drops it. */
double passBottleneck(double time, double bytes, double* waitMs) {
  static double freeAt = 0;

  const double rate = setting("rate") / 8;  // Bytes in a millisecond.
  if (rate <= 0) return 0;
  *waitMs = std::max(0.0, freeAt - time);
  const bool isFull = setting("queue") > 0 && *waitMs * rate + bytes > setting("queue");
  if (isFull || isDroppedByCodel(time, *waitMs)) return -1;
  freeAt = std::max(freeAt, time) + bytes / rate;
  return freeAt - time;
}

void forward(const Packet& packet, int serverPort) {
  static double lastInOrder[2] = {0, 0};

  if (packet.size() < 40 || packet[0] >> 4 != 4 || packet[9] != IPPROTO_TCP) return;
  const uint8_t* tcp = packet.data() + (packet[0] & 15) * 4;
  const int source = portAt(tcp);
  const bool isDown = source < kFirstPortOfClients;
  const long data = static_cast<long>(packet.size()) - (tcp - packet.data()) - (tcp[12] >> 4) * 4;
  const bool isSegment = source == serverPort && data > 0;
  const double time = now();
  const auto bytes = static_cast<double>(packet.size());
  if (isSegment) count(portAt(tcp + 2), wordAt(tcp + 4), data);
  if (!isDown && (tcp[13] & (kRst | kAck)) == kRst) counts.strayResets++;
  // A new connection of that port begins with other numbers.
  if (!isDown && (tcp[13] & kSyn) != 0) highest.erase(source);
  const auto drop = [isSegment] { counts.droppedSegments += isSegment ? 1 : 0; };

  if (setting("hole") > 0 || (!isDown && happens(setting("ackloss")))) return drop();
  if (isSegment && isLost(time, bytes)) return drop();
  double waitMs = 0;
  const double bottleneckMs = isDown ? passBottleneck(time, bytes, &waitMs) : 0;
  if (bottleneckMs < 0) {
    counts.queueDroppedSegments += isSegment ? 1 : 0;
    return drop();
  }
  if (isSegment) counts.queueMsSum += waitMs;

  double due = time + bottleneckMs + setting("delay");
  if (setting("jitter") > 0) {
    due = lastInOrder[isDown] = std::max(lastInOrder[isDown], due + upTo(setting("jitter")));
  }
  const bool isTwice = isSegment && happens(setting("duplicates"));
  if (isSegment && setting("reorder") > 0) due += upTo(setting("reorder"));
  for (int i = 0; i <= (isTwice ? 1 : 0); i++) {
    auto sent = travelling.emplace(due, packet);
    std::swap_ranges(sent->second.begin() + 12, sent->second.begin() + 16, sent->second.begin() + 16);
  }
}

void readPackets(int tun, int serverPort) {
  static uint8_t buffer[65536];
  for (ssize_t length; (length = read(tun, buffer, sizeof buffer)) > 0;) {
    forward(Packet(buffer, buffer + length), serverPort);
  }
}

/** Sends what is due, and returns the milliseconds until the next packet is, or -1 if there is none. */
double sendPackets(int tun) {
  while (!travelling.empty()) {
    const auto next = travelling.begin();
    const double waitMs = next->first - now();
    if (waitMs > 0) return waitMs;
    counts.lateMs = std::max(counts.lateMs, -waitMs);
    if (write(tun, next->second.data(), next->second.size()) < 0 && errno != EAGAIN) fail("write");
    travelling.erase(next);
  }
  return -1;
}

/** Sets what `name=value` says. */
void set(const std::string& word) {
  const size_t sign = word.find('=');
  if (sign == std::string::npos) return;
  settings[word.substr(0, sign)] = std::atof(word.c_str() + sign + 1);
  if (word.rfind("seed=", 0) == 0) generator.seed(static_cast<uint64_t>(setting("seed")));
}

/** Reads and answers commands. Returns false at the end of the input. */
bool answerCommands() {
  static std::string input;
  char part[256];
  const ssize_t length = read(STDIN_FILENO, part, sizeof part);
  if (length <= 0) return false;
  input.append(part, static_cast<size_t>(length));
  for (size_t end; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1)) {
    const std::string line = input.substr(0, end);
    for (size_t at = 0; at < line.size();) {
      const size_t next = std::min(line.find(' ', at), line.size());
      set(line.substr(at, next - at));
      at = next + 1;
    }
    std::printf(
        "{\"segments\":%ld,\"bytes\":%ld,\"retransmittedSegments\":%ld,\"retransmittedBytes\":%ld,"
        "\"droppedSegments\":%ld,\"queueDroppedSegments\":%ld,\"strayResets\":%ld,\"queueMsSum\":%.1f,\"lateMs\":%.1f}"
        "\n",
        counts.segments, counts.bytes, counts.retransmittedSegments, counts.retransmittedBytes, counts.droppedSegments,
        counts.queueDroppedSegments, counts.strayResets, counts.queueMsSum, counts.lateMs);
    counts = {};
  }
  std::fflush(stdout);
  return true;
}

/** Other processes must not delay the packets. Where that is not allowed, lateMs shows what they do. */
void preferThisProcess() {
  sched_param parameters = {};
  parameters.sched_priority = 1;
  sched_setscheduler(0, SCHED_FIFO, &parameters);
}

}  // namespace

int main(int argc, char** arguments) {
  const int serverPort = argc > 1 ? std::atoi(arguments[1]) : 0;
  for (int i = 2; i < argc; i++) set(arguments[i]);
  const int tun = openTun();
  preferThisProcess();
  std::puts("{}");
  std::fflush(stdout);
  pollfd ready[] = {{tun, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  for (;;) {
    const double waitMs = sendPackets(tun);
    const auto seconds = static_cast<time_t>(waitMs / 1000);
    const timespec timeout = {seconds, static_cast<long>((waitMs - static_cast<double>(seconds) * 1000) * 1e6)};
    if (ppoll(ready, 2, waitMs < 0 ? nullptr : &timeout, nullptr) < 0) fail("ppoll");
    // Packets that the kernel sent before a command belong to the counts of that command.
    readPackets(tun, serverPort);
    if (ready[1].revents != 0 && !answerCommands()) return 0;
  }
}
