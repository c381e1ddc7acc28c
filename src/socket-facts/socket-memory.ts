// getSocketMemory: source → fd → one getsockopt(SO_MEMINFO) → nine words.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { findFd } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";
import type { SocketSource } from "../source/types";

/**
 * The kernel memory of one socket: `SO_MEMINFO`, `skmem` of `ss -m`.
 *
 * These are bytes of memory, not of payload: the kernel counts its buffers and their administration. A byte that was
 * sent alone may take more than a kilobyte. `getQueuedBytes` counts payload. A property is `undefined` where this
 * kernel does not return its word.
 */
export interface SocketMemory {
  /** Memory of what was received and not yet read. `SK_MEMINFO_RMEM_ALLOC`, `r`. Always 0 for Unix sockets. */
  readonly rcvQueueMemoryBytes: number | undefined;
  /** The limit of `rcvQueueMemoryBytes`: the receive buffer as the kernel has it. `SK_MEMINFO_RCVBUF`, `rb`. */
  readonly rcvBufferLimitBytes: number | undefined;
  /**
   * TCP: memory of packets in the queues of network devices. Unix sockets: memory of what the other end has not read.
   * `SK_MEMINFO_WMEM_ALLOC`, `t`.
   */
  readonly inTransitMemoryBytes: number | undefined;
  /**
   * The limit of `sndQueueMemoryBytes`: the send buffer as the kernel has it. For Unix sockets, the limit of
   * `inTransitMemoryBytes`. `SK_MEMINFO_SNDBUF`, `tb`.
   */
  readonly sndBufferLimitBytes: number | undefined;
  /**
   * Memory that is reserved for the socket and not used now, which counts against `net.ipv4.tcp_mem`. It may be
   * negative for a moment. `SK_MEMINFO_FWD_ALLOC`, `f`.
   */
  readonly reservedMemoryBytes: number | undefined;
  /**
   * Memory of what was written and not yet acknowledged, sent or not. Always 0 for Unix sockets.
   * `SK_MEMINFO_WMEM_QUEUED`, `w`.
   */
  readonly sndQueueMemoryBytes: number | undefined;
  /** Memory of socket options and filters. `SK_MEMINFO_OPTMEM`, `o`. */
  readonly optionMemoryBytes: number | undefined;
  /**
   * Memory of packets that came while a system call used the socket, and that wait for its end. `SK_MEMINFO_BACKLOG`,
   * `bl`.
   */
  readonly backlogMemoryBytes: number | undefined;
  /**
   * How many packets the kernel has dropped at this socket: for a connection, old, unexpected and surplus segments.
   * For a listener: `droppedSyns` of `getListenerInfo`. A counter of 32 bits, which wraps. `SK_MEMINFO_DROPS`, `d`.
   */
  readonly droppedPackets: number | undefined;
}

/**
 * `getsockopt(fd, SOL_SOCKET, SO_MEMINFO)`, on Linux 4.12 or later only.
 *
 * Reads how much kernel memory the socket of `source` uses and may use, in bytes. Costs one system call. Works for TCP
 * in every state and for Unix sockets. For MPTCP it does not include the memory of the subflows.
 *
 * @param source - A request, response, socket, HTTP/2 session or stream, WebSocket, a framework's request or
 * context, or a descriptor number. docs/sources.md lists them all. For a listening socket pass `getFd(server)`.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NO_SOCKET` (also for a descriptor of a file, pipe or terminal),
 * `…_SOCKET_CLOSED`, `…_NOT_CONNECTED` (still connecting), `…_INVALID_ARGUMENT`, `…_UNSUPPORTED_PLATFORM` (macOS),
 * `…_UNSUPPORTED_RUNTIME`, `…_UNSUPPORTED_KERNEL`, `…_OUT_OF_RESOURCES`, `…_SYSTEM_CALL_DENIED` (a sandbox),
 * `…_ADDON_LOAD_FAILED`.
 * @example
 * const { sndQueueMemoryBytes, sndBufferLimitBytes } = getSocketMemory(req);
 * @see sock_diag(7), SK_MEMINFO_*
 */
export function getSocketMemory(source: SocketSource): SocketMemory {
  const memory = readSocketMemory(source);
  if (memory instanceof Failure) throw memory.toError(getSocketMemory);
  return memory;
}

/**
 * {@link getSocketMemory}, but returns `undefined` when there is nothing to read for a reason outside the caller's
 * control: no socket, closed, still connecting, or a platform, runtime, kernel or sandbox without SO_MEMINFO.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * gauge.set(tryGetSocketMemory(socket)?.rcvQueueMemoryBytes ?? NaN);
 */
export function tryGetSocketMemory(source: SocketSource): SocketMemory | undefined {
  const memory = readSocketMemory(source);
  return memory instanceof Failure ? memory.toUndefined(tryGetSocketMemory) : memory;
}

/** `droppedPackets` alone, or `undefined` where it can't be read. */
export function readDroppedPackets(fd: number): number | undefined {
  const binding = loadAddon();
  if (binding instanceof Failure) return undefined;
  const length = binding.socketMemory(fd);
  return length < 0 ? undefined : viewWords(binding, length)[8];
}

const readSocketMemory = closingLentFds((source: unknown): SocketMemory | Failure => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  const length = binding.socketMemory(fd);
  if (length < 0) return whyNoMemory(binding, length);
  const words = viewWords(binding, length);
  const reserved = words[4];
  return {
    rcvQueueMemoryBytes: words[0],
    rcvBufferLimitBytes: words[1],
    inTransitMemoryBytes: words[2],
    sndBufferLimitBytes: words[3],
    // The one signed word.
    reservedMemoryBytes: reserved === undefined ? undefined : reserved | 0,
    sndQueueMemoryBytes: words[5],
    optionMemoryBytes: words[6],
    backlogMemoryBytes: words[7],
    droppedPackets: words[8],
  };
});

/** A view of the native module's buffer, as long as this kernel's answer. Kept, because that length stays the same. */
let current: Uint32Array | undefined;

/** The words as the kernel has just written them, valid until the next call that fills the buffer. */
function viewWords({ buffer }: NativeBinding, length: number): Uint32Array {
  const count = length >> 2;
  if (current?.length !== count) current = new Uint32Array(buffer, 0, count);
  return current;
}

function whyNoMemory({ errno: numbers, platform }: NativeBinding, errno: number): Failure {
  if (platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "the memory of a socket is reported on Linux only");
  }
  const call = { errno, syscall: "getsockopt" };
  if (errno === -numbers.ENOTSOCK) return Failure.of("ERR_SOCKINFO_NO_SOCKET", "the descriptor is no socket's", call);
  if (errno === -numbers.ENOPROTOOPT || errno === -numbers.EOPNOTSUPP) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "it has no SO_MEMINFO", call);
  }
  return Failure.ofRead(errno, "getsockopt");
}
