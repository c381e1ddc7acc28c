// getQueuedBytes: source → fd → the state and the lengths of both queues, in one native call.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { checkFd, fdOf, handleOf, type Handle } from "../source/find-fd";
import { findSocket } from "../source/find-socket";
import { closingLentFds } from "../source/lent-fd";
import type { SocketSource } from "../source/types";
import { whyNoStruct, whyNotConnected } from "../tcp-info/no-struct";
import type { TcpState } from "../tcp-info/portable-types";
import { isMptcp } from "../tcp-info/so-protocol";
import { layout } from "../tcp-info/this-system";
import { makeAnswer, saysFallback } from "./mptcp-answer";

/**
 * How many bytes of one TCP connection wait in the kernel, as a snapshot. These are bytes of payload on the TCP
 * connection, so with TLS they are bytes of ciphertext. What Node itself holds is not included: see
 * `socket.writableLength` and `socket.readableLength`.
 */
export interface QueuedBytes {
  /**
   * Bytes that arrived and that the process has not read: `ioctl(SIOCINQ)`; `SO_NREAD` on macOS. It grows while a
   * socket is paused or the event loop is blocked.
   */
  readonly unreadBytes: number | undefined;
  /**
   * Bytes that were sent and not yet acknowledged: `SIOCOUTQ` − `SIOCOUTQNSD`. It may also count bytes that were sent
   * between these two calls. `undefined` on macOS.
   */
  readonly unackedBytes: number | undefined;
  /** Bytes that were written and never sent: `ioctl(SIOCOUTQNSD)`, as in `getTcpInfo`. `undefined` on macOS. */
  readonly notSentBytes: number | undefined;
  /**
   * Bytes that were written and that the peer has not acknowledged, sent or not: `ioctl(SIOCOUTQ)`; `SO_NWRITE` on
   * macOS. On Linux, the sum of `unackedBytes` and `notSentBytes`.
   */
  readonly sendQueueBytes: number | undefined;
}

/**
 * `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` and `ioctl(fd)` of `SIOCINQ`, `SIOCOUTQ` and `SIOCOUTQNSD` on Linux.
 * `getsockopt(fd)` of `TCP_CONNECTION_INFO`, `SO_NREAD` and `SO_NWRITE` on macOS.
 *
 * Reads how many bytes of the TCP connection of `source` wait to be read, to be sent and to be acknowledged. All
 * system calls are made in one native call. No number is ever negative, and the FIN, which Linux counts as a byte, is
 * not counted. Two exceptions: a connection that was reset after this side had ended it, and MPTCP. On Linux the first
 * reading of a connection costs one more system call (`SO_PROTOCOL`); a descriptor number costs it each time.
 *
 * Returns a plain object. A property is `undefined` when this kernel does not tell. After a reset `sendQueueBytes` is
 * what the peer never acknowledged.
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or
 * context, or a descriptor number. docs/sources.md lists them all.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET`, `…_SOCKET_CLOSED`, `…_NOT_TCP`, `…_NOT_CONNECTED` (a
 * listener, or still connecting), `…_OUT_OF_RESOURCES`, `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM`,
 * `…_UNSUPPORTED_RUNTIME`, `…_UNSUPPORTED_KERNEL`, `…_SYSTEM_CALL_DENIED` (a sandbox), `…_ADDON_LOAD_FAILED`.
 * @example
 * const { unreadBytes, sendQueueBytes } = getQueuedBytes(req);
 * @see tcp(7), "Ioctls"
 */
export function getQueuedBytes(source: SocketSource): QueuedBytes {
  const queued = readQueuedBytes(source);
  if (queued instanceof Failure) throw queued.toError(getQueuedBytes);
  return queued;
}

/**
 * {@link getQueuedBytes}, but returns `undefined` when there is nothing to read for a reason outside the caller's
 * control: no socket, closed, not TCP, not connected, or a platform, runtime, kernel or sandbox without these calls.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * if ((tryGetQueuedBytes(socket)?.sendQueueBytes ?? 0) > 1_000_000) socket.destroy();
 */
export function tryGetQueuedBytes(source: SocketSource): QueuedBytes | undefined {
  const queued = readQueuedBytes(source);
  return queued instanceof Failure ? queued.toUndefined(tryGetQueuedBytes) : queued;
}

/** In these states this side has ended the connection, and its FIN is not acknowledged. */
const FIN_STATES: ReadonlySet<TcpState | undefined> = new Set(["FIN_WAIT_1", "CLOSING", "LAST_ACK"]);

const readQueuedBytes = closingLentFds((source: unknown): QueuedBytes | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (typeof source === "number") {
    const fd = checkFd(source);
    return typeof fd === "number" ? readQueues(binding, fd, undefined) : fd;
  }
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  const handle = handleOf(socket);
  const fd = fdOf(socket, handle);
  return typeof fd === "number" ? readQueues(binding, fd, handle) : fd;
});

function readQueues(binding: NativeBinding, fd: number, handle: Handle | null | undefined): QueuedBytes | Failure {
  const length = binding.socketQueues(fd);
  if (length < 0) return whyNoStruct(binding, length, fd);
  const { bytes, words } = viewsOf(binding);
  const state = layout.readState(bytes, 0);
  const unread = words[1] as number;
  const sendQueue = words[2] as number;
  const notSent = words[3] as number;
  const refusal =
    whyNotConnected(state) ??
    whyUnreadable(binding, unread) ??
    whyUnreadable(binding, sendQueue) ??
    whyUnreadable(binding, notSent);
  if (refusal) return refusal;
  // macOS does not count the FIN, and there this is `undefined`.
  const isOverMptcp = isMptcp(binding, fd, handle);
  if (isOverMptcp === true && hasFallenBack(binding, fd)) return queuedBytes(unread, UNKNOWN, UNKNOWN, 0);
  return queuedBytes(unread, sendQueue, notSent, isOverMptcp === false && FIN_STATES.has(state) ? 1 : 0);
}

const UNKNOWN = -1;

/** `sendQueue` and `notSent` include the FIN, if there is one: it is the last byte of the queue. */
function queuedBytes(unread: number, sendQueue: number, notSent: number, fin: number): QueuedBytes {
  const sendQueueBytes = sendQueue < 0 ? undefined : sendQueue === 0 ? 0 : sendQueue - fin;
  const notSentBytes = notSent < 0 ? undefined : notSent === 0 ? 0 : notSent - fin;
  const areKnown = sendQueueBytes !== undefined && notSentBytes !== undefined;
  return {
    unreadBytes: unread < 0 ? undefined : unread,
    unackedBytes: areKnown ? Math.max(0, sendQueueBytes - notSentBytes) : undefined,
    notSentBytes,
    sendQueueBytes,
  };
}

/** Whether it is TCP after all. For such a socket the kernel counts the same bytes twice. */
function hasFallenBack(binding: NativeBinding, fd: number): boolean {
  const answer = makeAnswer(0);
  return binding.mptcpInfoInto(fd, answer.bytes) < 0 || saysFallback(answer);
}

/** An error other than "this kernel has no such call", which makes one property `undefined`. */
function whyUnreadable({ errno }: NativeBinding, answer: number): Failure | undefined {
  if (answer >= 0 || answer === -errno.ENOTTY || answer === -errno.ENOPROTOOPT) return undefined;
  // Another process has made the socket listen meanwhile.
  if (answer === -errno.EINVAL) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is listening");
  return Failure.ofRead(answer, "ioctl");
}

/** Views of the native module's buffer. */
let views: { readonly bytes: Uint8Array; readonly words: Int32Array } | undefined;

function viewsOf({ buffer }: NativeBinding): { readonly bytes: Uint8Array; readonly words: Int32Array } {
  return (views ??= { bytes: new Uint8Array(buffer, 0, 16), words: new Int32Array(buffer, 0, 4) });
}
