// A kernel for the fake Mac that answers for the real sockets of this process: it converts the answers and errors of
// Linux to those of macOS. With it, the tests for all systems run as on a Mac. It is no source of values: fields that
// Linux lacks are 0.
import { readFileSync, readlinkSync } from "node:fs";
import { constants as systemConstants } from "node:os";
import { join } from "node:path";
import { decodeTcpInfo } from "sockinfo";
import type { NativeBinding } from "../../src/addon/native-binding";
import { addressOf } from "./answers.mts";
import { loadHere, type Kernel } from "./fake-mac.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();
const binary = join(import.meta.dirname, "..", "..", "prebuilds", `linux-${process.arch}`, "sockinfo.node");
const linux = loadHere(binary) as NativeBinding;

const STATES = [
  "CLOSED",
  "LISTEN",
  "SYN_SENT",
  "SYN_RECEIVED",
  "ESTABLISHED",
  "CLOSE_WAIT",
  "FIN_WAIT_1",
  "CLOSING",
  "LAST_ACK",
  "FIN_WAIT_2",
  "TIME_WAIT",
];
const OPTIONS = ["TIMESTAMPS", "SACK", "WSCALE", "ECN"];
const FAMILIES: Record<number, number> = { 1: constants.AF_UNIX, 2: constants.AF_INET, 10: constants.AF_INET6 };
const NO_ID = 0xffff_ffff;

export const linuxAsMac: Kernel = ({ call, fd, level, option, capacity }) => {
  if (call === "getsockname") return family(linux.localFamily(fd));
  if (call === "getpeername") return family(linux.peerFamily(fd));
  if (call !== "getsockopt") return constants.ENOSYS;
  const answer = socketOption(fd, level, option);
  return typeof answer === "number" ? answer : answer.subarray(0, capacity);
};

function family(answer: number): number | Uint8Array {
  return answer < 0 ? errorNumber(answer) : addressOf(FAMILIES[answer] as number);
}

/** The error's number on macOS. */
function errorNumber(negative: number): number {
  const [name] = Object.entries(systemConstants.errno).find(([, number]) => number === -negative) ?? [];
  const number = (constants as Record<string, number>)[name ?? ""];
  if (number === undefined) throw new Error(`layouts.mts has no number for ${name}`);
  return number;
}

function socketOption(fd: number, level: number, option: number): number | Uint8Array {
  const own = linux.localFamily(fd);
  if (own < 0) return errorNumber(own);
  // On macOS, Unix sockets ignore the level.
  if (own === linux.unixFamily) return unixOption(fd, option);
  const length = linux.tcpInfo(fd);
  if (length < 0) return constants.EINVAL;
  if (level === constants.IPPROTO_TCP && option === constants.TCP_CONNECTION_INFO)
    return connectionInfo(new Uint8Array(linux.buffer, 0, length));
  return queue(fd, level, option) ?? numberOption(fd, level, option) ?? constants.ENOPROTOOPT;
}

/** The length of a queue of SocketQueues in socket_queues.h. */
function queue(fd: number, level: number, option: number): Uint8Array | undefined {
  if (level !== constants.SOL_SOCKET || (option !== constants.SO_NREAD && option !== constants.SO_NWRITE))
    return undefined;
  linux.socketQueues(fd);
  const [, unread = 0, sendQueue = 0] = new Int32Array(linux.buffer, 0, 3);
  // Linux refuses the calls for a listener, and macOS returns 0.
  return new Uint8Array(Int32Array.of(Math.max(0, option === constants.SO_NREAD ? unread : sendQueue)).buffer);
}

/** The options that are one number on both systems, by Apple's level and option, in the order of socket_options.h. */
const NUMBERS: readonly (readonly [level: number, option: number] | undefined)[] = [
  [constants.IPPROTO_TCP, constants.TCP_KEEPALIVE],
  [constants.SOL_SOCKET, constants.SO_KEEPALIVE],
  [constants.IPPROTO_TCP, constants.TCP_KEEPINTVL],
  [constants.IPPROTO_TCP, constants.TCP_KEEPCNT],
  [constants.IPPROTO_TCP, constants.TCP_NODELAY],
  [constants.SOL_SOCKET, constants.SO_RCVBUF],
  [constants.SOL_SOCKET, constants.SO_SNDBUF],
  undefined,
  [constants.IPPROTO_TCP, constants.TCP_RXT_CONNDROPTIME],
  [constants.IPPROTO_TCP, constants.TCP_NOTSENT_LOWAT],
];

function numberOption(fd: number, level: number, option: number): Uint8Array | undefined {
  const isTypeOfService =
    (level === constants.IPPROTO_IP && option === constants.IP_TOS) ||
    (level === constants.IPPROTO_IPV6 && option === constants.IPV6_TCLASS);
  const index = isTypeOfService ? 13 : NUMBERS.findIndex((known) => known?.[0] === level && known[1] === option);
  if (index === -1) return undefined;
  linux.socketOptions(fd);
  const [length, value = 0] = new Int32Array(linux.buffer, index * 12, 2);
  return length === 4 ? new Uint8Array(Int32Array.of(value).buffer) : undefined;
}

function unixOption(fd: number, option: number): number | Uint8Array {
  const isOfPeer = [constants.LOCAL_PEERPID, constants.LOCAL_PEEREPID, constants.LOCAL_PEERTOKEN].includes(option);
  if (option !== constants.LOCAL_PEERCRED && !isOfPeer) return constants.EOPNOTSUPP;
  if (isListening(fd) || linux.peerCredentials(fd) < 0) return constants.ENOTCONN;
  const [pid = 0, uid = NO_ID, gid = NO_ID] = new Uint32Array(linux.buffer);
  if (uid === NO_ID) return constants.ENOTCONN;
  if (isOfPeer) {
    if (linux.peerFamily(fd) < 0) return constants.ENOTCONN;
    // In the order of audit_token_to_au32(3). Linux has neither a session nor a version of a pid.
    const token = [NO_ID, uid, gid, uid, gid, pid, 0, 1];
    return new Uint8Array(Uint32Array.from(option === constants.LOCAL_PEERTOKEN ? token : [pid]).buffer);
  }
  const list = new Uint8Array(4 * 1024);
  const length = linux.peerGroupsInto(fd, list);
  const groups = [gid, ...new Uint32Array(list.buffer, 0, length / 4)];
  return encode(structs.xucred, { cr_uid: uid, cr_ngroups: Math.min(groups.length, 16), cr_groups: groups });
}

/**
 * For a listener, Linux would return our own identity. proc_net_unix(5): flag 10000 means "waiting for connections".
 */
function isListening(fd: number): boolean {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? [];
  const sockets = readFileSync("/proc/net/unix", "latin1").split("\n");
  const columns = sockets.map((line) => line.split(/\s+/)).find((words) => words[6] === inode);
  return columns?.[3] === "00010000";
}

function connectionInfo(bytes: Uint8Array): Uint8Array {
  const info = decodeTcpInfo(bytes, "linux");
  const milliseconds = (value: number | undefined) => (value === undefined ? 0 : Math.max(1, Math.round(value)));
  const options = OPTIONS.map((name, bit) => ((info.options as readonly string[]).includes(name) ? 1 << bit : 0));
  const ssthresh = info.sndSsthreshBytes ?? Infinity;
  return encode(structs.tcp_connection_info, {
    tcpi_state: STATES.indexOf(info.state ?? ""),
    tcpi_options: options.reduce((sum, bit) => sum + bit),
    tcpi_snd_wscale: info.sndWscale ?? 0,
    tcpi_rcv_wscale: info.rcvWscale ?? 0,
    tcpi_rto: info.unackedSegments ? milliseconds(info.rtoMs) : 0,
    tcpi_maxseg: info.sndMssBytes ?? 0,
    tcpi_snd_ssthresh: ssthresh === Infinity ? 65_535 << 14 : ssthresh,
    tcpi_snd_cwnd: info.sndCwndBytes ?? 0,
    tcpi_snd_wnd: info.sndWndBytes ?? 0,
    tcpi_rcv_wnd: info.rcvWndBytes ?? 0,
    tcpi_rttcur: milliseconds(info.rttMs),
    tcpi_srtt: milliseconds(info.rttMs),
    tcpi_rttvar: milliseconds(info.rttVarMs),
    tcpi_txpackets: info.dataSegmentsSent ?? 0,
    tcpi_txbytes: info.bytesSent ?? 0,
    tcpi_txretransmitbytes: info.retransmittedBytes ?? 0,
    tcpi_rxpackets: info.dataSegmentsReceived ?? 0,
    tcpi_rxbytes: info.bytesReceived ?? 0,
    tcpi_txretransmitpackets: info.retransmittedSegments ?? 0,
  });
}
