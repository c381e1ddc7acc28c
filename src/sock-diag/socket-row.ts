// Decodes what the kernel says about a TCP socket: native/sock_diag.h, SocketRow.
import { layout, STATE_NAMES, structViews, type TcpInfo, type TcpState, whyNotConnected } from "../core";
import { formatIpAddress } from "./ip-address";
import type { TcpEndpoint } from "./socket-id";

export const SOCKET_ROW_BYTES = 456;

export const INFO_OFFSET = 88;

/** What a socket's timer waits for. */
export type TcpTimer = "RETRANSMIT" | "KEEPALIVE" | "TIME_WAIT" | "ZERO_WINDOW_PROBE" | "DELAYED_ACK";

const TIMERS: readonly (TcpTimer | undefined)[] = [
  undefined,
  "RETRANSMIT",
  "KEEPALIVE",
  "TIME_WAIT",
  "ZERO_WINDOW_PROBE",
  "DELAYED_ACK",
];

/** `struct inet_diag_msg` and TCP_INFO of one socket. */
export interface TcpSocketRow {
  /** `undefined` for a state without a name. */
  readonly state: TcpState | undefined;
  readonly cookie: bigint;
  readonly local: TcpEndpoint;
  /** A listener has the address of all zeros and the port 0 here. */
  readonly remote: TcpEndpoint;
  /** The index of the interface that the socket is bound to. `undefined` if it is bound to none. */
  readonly interfaceIndex: number | undefined;
  /** Bytes that the application has not read. `undefined` for a listener. */
  readonly unreadBytes: number | undefined;
  /** Bytes that are not sent, or not acknowledged. A FIN counts as one. `undefined` for a listener. */
  readonly unacknowledgedBytes: number | undefined;
  /** The connections that wait to be accepted. `undefined` unless it is a listener. */
  readonly acceptQueueLength: number | undefined;
  readonly acceptQueueLimit: number | undefined;
  /**
   * How many attempts to connect the kernel has dropped at this listener, as `getListenerInfo` has it. A counter of 32
   * bits, which wraps. `undefined` unless it is a listener of a dump, on Linux 4.7.
   */
  readonly droppedSyns: number | undefined;
  /** `undefined` if no timer runs. The timer of an orphan in FIN_WAIT_2 is `"KEEPALIVE"`. */
  readonly timer: TcpTimer | undefined;
  /** The time until the timer fires. */
  readonly timerExpiresMs: number | undefined;
  /** How often the timer has fired in a row. */
  readonly timerFiredCount: number | undefined;
  /** The owner. `undefined` for a socket without descriptors: an orphan, or in TIME_WAIT. */
  readonly uid: number | undefined;
  /** The inode of `/proc/<pid>/fd`. `undefined` as `uid`. */
  readonly inode: number | undefined;
  /**
   * `undefined` in TIME_WAIT, in SYN_RECEIVED and for an orphan in FIN_WAIT_2, which have none, and for listening and
   * connecting sockets, whose fields have another meaning. Its `isMptcp` is not known.
   */
  readonly tcpInfo: TcpInfo | undefined;
}

/** Decodes the row that begins at byte `at` of `buffer`, a multiple of 8. */
export function decodeSocketRow(buffer: ArrayBuffer, at: number): TcpSocketRow {
  const u8 = new Uint8Array(buffer, at, SOCKET_ROW_BYTES);
  const u32 = new Uint32Array(buffer, at, INFO_OFFSET / 4);
  const state = STATE_NAMES[u8[56] ?? 0];
  const isListener = state === "LISTEN";
  const [receiveQueue, sendQueue] = [u32[64 / 4], u32[68 / 4]];
  const timer = TIMERS[u8[57] ?? 0];
  const inode = u32[76 / 4] || undefined;
  return {
    state,
    cookie: cookieAt(buffer, at),
    ...endpointsAt(buffer, at),
    interfaceIndex: u32[40 / 4] || undefined,
    unreadBytes: isListener ? undefined : receiveQueue,
    unacknowledgedBytes: isListener ? undefined : sendQueue,
    acceptQueueLength: isListener ? receiveQueue : undefined,
    acceptQueueLimit: isListener ? sendQueue : undefined,
    droppedSyns: isListener && u8[59] === 1 ? u32[84 / 4] : undefined,
    timer,
    timerExpiresMs: timer === undefined ? undefined : u32[60 / 4],
    timerFiredCount: timer === undefined ? undefined : u8[58],
    uid: inode === undefined ? undefined : u32[72 / 4],
    inode,
    tcpInfo: whyNotConnected(state) === undefined ? decodeInfo(buffer, at) : undefined,
  };
}

/** Both ends of the row that begins at byte `at`. */
export function endpointsAt(buffer: ArrayBuffer, at: number): { local: TcpEndpoint; remote: TcpEndpoint } {
  const u8 = new Uint8Array(buffer, at, 40);
  const u16 = new Uint16Array(buffer, at, 4);
  const addressBytes = u8[0] === 4 ? 4 : 16;
  return {
    local: { address: formatIpAddress(u8.subarray(8, 8 + addressBytes)), port: u16[2] as number },
    remote: { address: formatIpAddress(u8.subarray(24, 24 + addressBytes)), port: u16[3] as number },
  };
}

/** The cookie of the row that begins at byte `at`. */
function cookieAt(buffer: ArrayBuffer, at: number): bigint {
  return new BigUint64Array(buffer, at + 48, 1)[0] as bigint;
}

/** The bytes of `struct tcp_info` in the row that begins at byte `at`, not copied. `undefined` if there are none. */
export function tcpInfoBytesAt(buffer: ArrayBuffer, at: number): Uint8Array | undefined {
  const length = new Uint32Array(buffer, at + 80, 1)[0] as number;
  return length === 0 ? undefined : new Uint8Array(buffer, at + INFO_OFFSET, length);
}

function decodeInfo(buffer: ArrayBuffer, at: number): TcpInfo | undefined {
  const bytes = tcpInfoBytesAt(buffer, at);
  return bytes && layout.decode(structViews(buffer, bytes.length, bytes.byteOffset), undefined);
}
