// The one table of error codes, and the error class. docs/errors.md lists the same codes.
import { getSystemErrorName, types } from "node:util";

/** The codes of sockinfo's own errors. docs/errors.md says what each means and what to do. */
export type SocketInfoErrorCode =
  | "ERR_SOCKINFO_INVALID_ARGUMENT"
  | "ERR_SOCKINFO_NO_SOCKET"
  | "ERR_SOCKINFO_SOCKET_CLOSED"
  | "ERR_SOCKINFO_NOT_TCP"
  | "ERR_SOCKINFO_NOT_UNIX"
  | "ERR_SOCKINFO_NOT_CONNECTED"
  | "ERR_SOCKINFO_UNSUPPORTED_PLATFORM"
  | "ERR_SOCKINFO_UNSUPPORTED_RUNTIME"
  | "ERR_SOCKINFO_ADDON_LOAD_FAILED"
  | "ERR_SOCKINFO_OUT_OF_RESOURCES"
  | "ERR_SOCKINFO_SYSTEM_CALL_DENIED"
  | "ERR_SOCKINFO_UNSUPPORTED_KERNEL"
  | "ERR_SOCKINFO_NOT_MPTCP"
  | "ERR_SOCKINFO_PEER_GONE"
  | "ERR_SOCKINFO_PEER_NOT_VISIBLE"
  | "ERR_SOCKINFO_PROCESS_CLOSED"
  | "ERR_SOCKINFO_NOT_LISTENING"
  | "ERR_SOCKINFO_LISTENER_NOT_OWNED"
  | "ERR_SOCKINFO_NOT_TRACKED"
  | "ERR_SOCKINFO_ALREADY_TRACKED"
  | "ERR_SOCKINFO_TRACKER_CLOSED"
  | "ERR_SOCKINFO_NOT_ENABLED"
  | "ERR_SOCKINFO_NO_REQUEST"
  | "ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM"
  | "ERR_SOCKINFO_NOT_HIJACKABLE"
  | "ERR_SOCKINFO_RESPONSE_BEGUN"
  | "ERR_SOCKINFO_RESPONSE_PENDING"
  | "ERR_SOCKINFO_BYTES_PARSED"
  | "ERR_SOCKINFO_HIJACKED"
  | "ERR_SOCKINFO_NOT_RELEASABLE";

/** What a `try…` function does: it returns `undefined` for reasons outside the caller's control. */
type TryOutcome = "undefined" | "throws";

const TABLE: Readonly<Record<SocketInfoErrorCode, { try: TryOutcome; message: string }>> = {
  ERR_SOCKINFO_INVALID_ARGUMENT: { try: "throws", message: "An argument is not valid" },
  ERR_SOCKINFO_NO_SOCKET: { try: "undefined", message: "The source leads to no operating-system socket" },
  ERR_SOCKINFO_SOCKET_CLOSED: { try: "undefined", message: "The connection and its descriptor are closed" },
  ERR_SOCKINFO_NOT_TCP: { try: "undefined", message: "The descriptor is not a TCP socket" },
  ERR_SOCKINFO_NOT_UNIX: { try: "undefined", message: "The descriptor is not a Unix socket" },
  ERR_SOCKINFO_NOT_CONNECTED: { try: "undefined", message: "The socket is not connected" },
  ERR_SOCKINFO_UNSUPPORTED_PLATFORM: { try: "undefined", message: "The operating system does not support this" },
  ERR_SOCKINFO_UNSUPPORTED_RUNTIME: { try: "undefined", message: "The runtime does not support this" },
  ERR_SOCKINFO_ADDON_LOAD_FAILED: { try: "throws", message: "The native module of sockinfo can't be loaded" },
  ERR_SOCKINFO_OUT_OF_RESOURCES: {
    try: "undefined",
    message: "The process or the system is out of descriptors or memory",
  },
  ERR_SOCKINFO_SYSTEM_CALL_DENIED: {
    try: "undefined",
    message: "A sandbox or a security policy denies this process a system call",
  },
  ERR_SOCKINFO_UNSUPPORTED_KERNEL: { try: "undefined", message: "The kernel does not support this" },
  ERR_SOCKINFO_NOT_MPTCP: { try: "undefined", message: "The connection does not use MPTCP" },
  // About the process at the other end of a Unix socket.
  ERR_SOCKINFO_PEER_GONE: { try: "undefined", message: "The process at the other end has ended" },
  ERR_SOCKINFO_PEER_NOT_VISIBLE: {
    try: "undefined",
    message: "The process at the other end is outside this process's pid namespace",
  },
  ERR_SOCKINFO_PROCESS_CLOSED: {
    try: "throws",
    message: "The PeerProcess is closed. Open another one with openPeerProcess()",
  },
  // About servers, trackers and requests.
  ERR_SOCKINFO_NOT_LISTENING: { try: "undefined", message: "The server is not listening" },
  ERR_SOCKINFO_LISTENER_NOT_OWNED: { try: "undefined", message: "The listening socket is not in this process" },
  ERR_SOCKINFO_NOT_TRACKED: {
    try: "undefined",
    message: "The connection is not tracked",
  },
  ERR_SOCKINFO_ALREADY_TRACKED: {
    try: "throws",
    message: "The server already has a tracker. Use getTracker(server), or close that tracker first",
  },
  ERR_SOCKINFO_TRACKER_CLOSED: {
    try: "throws",
    message: "The tracker is closed. Make another one with trackConnections(server)",
  },
  ERR_SOCKINFO_NOT_ENABLED: { try: "throws", message: "This is not enabled" },
  ERR_SOCKINFO_NO_REQUEST: {
    try: "undefined",
    message: "The source does not lead to one request that is still being answered",
  },
  ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM: {
    try: "throws",
    message: "The file system does not support what listenUnix needs",
  },
  // About hijacking, which has no `try…` functions.
  ERR_SOCKINFO_NOT_HIJACKABLE: { try: "throws", message: "Connections of this protocol can't be hijacked" },
  ERR_SOCKINFO_RESPONSE_BEGUN: { try: "throws", message: "The response has already begun" },
  ERR_SOCKINFO_RESPONSE_PENDING: {
    try: "throws",
    message: "An earlier request on the connection is still being answered",
  },
  ERR_SOCKINFO_BYTES_PARSED: {
    try: "throws",
    message: "Later bytes of the connection may already have been parsed as HTTP",
  },
  ERR_SOCKINFO_HIJACKED: { try: "throws", message: "The connection was hijacked" },
  ERR_SOCKINFO_NOT_RELEASABLE: { try: "throws", message: "The socket can't be released to a server" },
};

/** The errors by which seccomp, security modules and emulated kernels refuse a system call that only reads. */
const DENIALS = new Set(["EPERM", "EACCES", "ENOSYS"]);

/** The errors for a lack of descriptors or memory. A later call may succeed. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

export function isShortage(code: string | undefined): boolean {
  return code !== undefined && SHORTAGES.has(code);
}

export const ERROR_CODES: readonly SocketInfoErrorCode[] = Object.keys(TABLE) as SocketInfoErrorCode[];

/** Marks the errors of every copy of the package in a process. */
const BRAND = Symbol.for("sockinfo.SocketInfoError");

/**
 * The error that every function of sockinfo throws. `instanceof` also holds for errors of another copy of the
 * package.
 *
 * `code` is one of sockinfo's own (`"ERR_SOCKINFO_…"`). When a system call failed for another reason, it is the
 * system's (`"EBADF"`), with `errno` and `syscall` as in Node's own system errors.
 *
 * @example
 * try {
 *   getTcpInfo(req);
 * } catch (error) {
 *   if (!(error instanceof SocketInfoError)) throw error;
 *   log.warn(error.code);
 * }
 */
export class SocketInfoError extends Error {
  static {
    // These are on the prototype and not enumerable, as in the built-in errors.
    Object.defineProperty(this.prototype, "name", { value: "SocketInfoError", writable: true, configurable: true });
    Object.defineProperty(this.prototype, BRAND, { value: true });
    // Defined here, because the type of a static method would change what `instanceof` of a subclass narrows to.
    Object.defineProperty(this, Symbol.hasInstance, { value: hasInstance, writable: true, configurable: true });
  }

  /** Stable across versions. Match on this, never on `message`. */
  readonly code: SocketInfoErrorCode | (string & {});
  /** The negative error number of the system call. `undefined` when no system call failed. */
  readonly errno: number | undefined;
  /** The system call that failed (`"getsockopt"`). `undefined` when no system call failed. */
  readonly syscall: string | undefined;

  /** @internal Only `Failure.toError()` calls this. */
  constructor(failure: Failure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
    this.errno = failure.errno;
    this.syscall = failure.syscall;
  }
}

/** Subclasses inherit this, and accept only their own instances. */
function hasInstance(this: unknown, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
  // Other objects do not count: the prototype has the brand too, and any object may have it.
  return this === SocketInfoError && types.isNativeError(value) && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/** Why there is no result. The public function throws it; its `try…` form may return `undefined` instead. */
export class Failure {
  readonly code: SocketInfoErrorCode | (string & {});
  readonly message: string;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  readonly cause: unknown;

  private constructor(code: string, message: string, more: { errno?: number; syscall?: string; cause?: unknown }) {
    this.code = code;
    this.message = message;
    this.errno = more.errno;
    this.syscall = more.syscall;
    this.cause = more.cause;
  }

  /** A failure with a code of the table. `detail` says what was wrong in this case. `errno` is negative. */
  static of(
    code: SocketInfoErrorCode,
    detail?: string,
    more: { errno?: number; syscall?: string; cause?: unknown } = {},
  ): Failure {
    const { message } = TABLE[code];
    return new Failure(code, detail === undefined ? message : `${message}: ${detail}`, more);
  }

  /** A mistake of the caller. `message` has whole sentences in the form of Node's own errors. */
  static ofMistake(message: string, cause?: unknown): Failure {
    return new Failure("ERR_SOCKINFO_INVALID_ARGUMENT", message, { cause });
  }

  /**
   * A system call that failed for a reason outside the table. `errno` is negative. `detail` names the object or the
   * cause.
   */
  static ofSystem(errno: number, syscall: string, detail?: string): Failure {
    const code = getSystemErrorName(errno);
    const message = `${syscall} ${code}`;
    return new Failure(code, detail === undefined ? message : `${message}: ${detail}`, { errno, syscall });
  }

  /** For a system call that only reads. Denials and shortages get codes of the table. `errno` is negative. */
  static ofRead(errno: number, syscall: string): Failure {
    const name = getSystemErrorName(errno);
    const call = { errno, syscall };
    if (DENIALS.has(name)) return Failure.of("ERR_SOCKINFO_SYSTEM_CALL_DENIED", `${syscall} ${name}`, call);
    if (isShortage(name)) return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", `${syscall} ${name}`, call);
    return Failure.ofSystem(errno, syscall);
  }

  /** The error to throw. Its stack begins at the caller of `entry`, or of `toError()` without `entry`. */
  toError(entry: (...parameters: never[]) => unknown = this.toError): SocketInfoError {
    const error = new SocketInfoError(this);
    Error.captureStackTrace(error, entry);
    return error;
  }

  /** The result of a `try…` function. Throws where the code's `TryOutcome` says so, and for all other codes. */
  toUndefined(entry: (...parameters: never[]) => unknown): undefined {
    const row: { try: TryOutcome } | undefined = TABLE[this.code as SocketInfoErrorCode];
    if (row?.try !== "undefined") throw this.toError(entry);
    return undefined;
  }
}
