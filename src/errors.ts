// The one table of error codes, and the class that carries them. Imports nothing of sockinfo: every room may use it.
// docs/errors.md lists the same codes; a test holds the two together.
import { getSystemErrorName, types } from "node:util";

/** The codes of sockinfo's own refusals. What each means and what to do: docs/errors.md. */
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

/** What the `try…` functions make of a refusal: `undefined` where the caller can't help it, otherwise the error. */
type TryOutcome = "undefined" | "throws";

const TABLE: Readonly<Record<SocketInfoErrorCode, { try: TryOutcome; message: string }>> = {
  ERR_SOCKINFO_INVALID_ARGUMENT: { try: "throws", message: "The argument is not of a kind that is accepted" },
  ERR_SOCKINFO_NO_SOCKET: { try: "undefined", message: "There is no operating-system socket behind this object" },
  ERR_SOCKINFO_SOCKET_CLOSED: { try: "undefined", message: "The connection is closed, its descriptor is gone" },
  ERR_SOCKINFO_NOT_TCP: { try: "undefined", message: "The descriptor is not that of a TCP socket" },
  ERR_SOCKINFO_NOT_UNIX: { try: "undefined", message: "The descriptor is not that of a Unix socket" },
  ERR_SOCKINFO_NOT_CONNECTED: { try: "undefined", message: "The socket is not connected" },
  ERR_SOCKINFO_UNSUPPORTED_PLATFORM: { try: "undefined", message: "sockinfo reads sockets on Linux and macOS only" },
  ERR_SOCKINFO_UNSUPPORTED_RUNTIME: { try: "undefined", message: "This runtime does not have what this needs" },
  ERR_SOCKINFO_ADDON_LOAD_FAILED: { try: "throws", message: "The native module of sockinfo can't be loaded" },
  ERR_SOCKINFO_OUT_OF_RESOURCES: {
    try: "undefined",
    message: "The process or the system has no descriptors or no memory left",
  },
  ERR_SOCKINFO_SYSTEM_CALL_DENIED: {
    try: "undefined",
    message: "A sandbox or a security policy denies this process the system call",
  },
  ERR_SOCKINFO_UNSUPPORTED_KERNEL: { try: "undefined", message: "The kernel does not have what this needs" },
  // About a peer, besides its ids.
  ERR_SOCKINFO_PEER_GONE: { try: "undefined", message: "The process at the other end has ended" },
  ERR_SOCKINFO_PEER_NOT_VISIBLE: {
    try: "undefined",
    message: "The process at the other end is outside of this process's pid namespace",
  },
  ERR_SOCKINFO_PROCESS_CLOSED: { try: "throws", message: "This PeerProcess is closed" },
  // Of sockinfo/connections; the first two of sockinfo/unix, too.
  ERR_SOCKINFO_NOT_LISTENING: { try: "undefined", message: "The server is not listening" },
  ERR_SOCKINFO_LISTENER_NOT_OWNED: { try: "undefined", message: "The listening socket is not in this process" },
  ERR_SOCKINFO_NOT_TRACKED: {
    try: "undefined",
    message: "No tracker knows this connection. Call trackConnections(server) before it listens",
  },
  ERR_SOCKINFO_ALREADY_TRACKED: {
    try: "throws",
    message: "The server has a tracker, and can have one only. Use getTracker(server)",
  },
  ERR_SOCKINFO_TRACKER_CLOSED: { try: "throws", message: "The tracker is closed" },
  ERR_SOCKINFO_NOT_ENABLED: { try: "throws", message: "What this needs was not enabled" },
  ERR_SOCKINFO_NO_REQUEST: {
    try: "undefined",
    message: "There is no request behind this object that is being answered",
  },
  // Of sockinfo/unix.
  ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM: {
    try: "throws",
    message: "The file system does not do what a Unix socket needs",
  },
  // Of sockinfo/hijack, which has no `try…` functions.
  ERR_SOCKINFO_NOT_HIJACKABLE: { try: "throws", message: "Connections of this protocol can't be hijacked" },
  ERR_SOCKINFO_RESPONSE_BEGUN: { try: "throws", message: "The response has begun" },
  ERR_SOCKINFO_RESPONSE_PENDING: { try: "throws", message: "An earlier request on the connection is being answered" },
  ERR_SOCKINFO_BYTES_PARSED: { try: "throws", message: "What follows on the connection has been parsed as HTTP" },
  ERR_SOCKINFO_HIJACKED: { try: "throws", message: "The connection was hijacked" },
  ERR_SOCKINFO_NOT_RELEASABLE: { try: "throws", message: "The socket can't go back to a server" },
};

/** How seccomp, security modules and emulated kernels refuse a system call that only reads. */
const DENIALS = new Set(["EPERM", "EACCES", "ENOSYS"]);

/** A shortage, which may pass. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

export function isShortage(code: string | undefined): boolean {
  return code !== undefined && SHORTAGES.has(code);
}

/** All codes of sockinfo's own refusals. */
export const ERROR_CODES: readonly SocketInfoErrorCode[] = Object.keys(TABLE) as SocketInfoErrorCode[];

/** Marks the errors of all copies of the package that a process has. */
const BRAND = Symbol.for("sockinfo.SocketInfoError");

/**
 * What every function of sockinfo throws. `instanceof` also holds for errors of another copy of the package.
 *
 * `code` is one of sockinfo's own (`"ERR_SOCKINFO_…"`), or, when a system call failed for a reason that is none of those,
 * the system's (`"EPERM"`), with `errno` and `syscall` as on Node's own system errors.
 */
export class SocketInfoError extends Error {
  static {
    // On the prototype and not enumerable, as on the built-in errors.
    Object.defineProperty(this.prototype, "name", { value: "SocketInfoError", writable: true, configurable: true });
    Object.defineProperty(this.prototype, BRAND, { value: true });
    // Not a method, whose type would change what `instanceof` of a subclass narrows to.
    Object.defineProperty(this, Symbol.hasInstance, { value: hasInstance, writable: true, configurable: true });
  }

  /** Stable: match on this, never on `message`. */
  readonly code: SocketInfoErrorCode | (string & {});
  /** The negative error number of the system call, `undefined` when none failed. */
  readonly errno: number | undefined;
  /** The system call that failed (`"getsockopt"`), `undefined` when none did. */
  readonly syscall: string | undefined;

  /** @internal Made by `Failure.toError()` only. */
  constructor(failure: Failure) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
    this.errno = failure.errno;
    this.syscall = failure.syscall;
  }
}

/** Subclasses inherit this, and know only their own instances. */
function hasInstance(this: unknown, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
  // A native error: neither the prototype nor any object that merely has the mark.
  return this === SocketInfoError && types.isNativeError(value) && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/** A refusal on its way to the public function that throws it or, in its `try…` form, answers `undefined`. */
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

  /** One of the table's refusals. `detail` says what it was in this case; `errno` is negative. */
  static of(
    code: SocketInfoErrorCode,
    detail?: string,
    more: { errno?: number; syscall?: string; cause?: unknown } = {},
  ): Failure {
    const { message } = TABLE[code];
    return new Failure(code, detail === undefined ? message : `${message}: ${detail}`, more);
  }

  /** A mistake of the caller's: `detail` says which. */
  static ofArgument(detail: string): Failure {
    return Failure.of("ERR_SOCKINFO_INVALID_ARGUMENT", detail);
  }

  /** Another mistake of the caller's. `message` is whole sentences, in the form that Node's own errors have. */
  static ofMistake(message: string, cause?: unknown): Failure {
    return new Failure("ERR_SOCKINFO_INVALID_ARGUMENT", message, { cause });
  }

  /** A system call that failed for a reason that is not in the table. `errno` is negative; `detail` says of what, or why. */
  static ofSystem(errno: number, syscall: string, detail?: string): Failure {
    const code = getSystemErrorName(errno);
    const message = `${syscall} ${code}`;
    return new Failure(code, detail === undefined ? message : `${message}: ${detail}`, { errno, syscall });
  }

  /** A failed system call that only reads. A sandbox's answer has its own code; others keep the system's. `errno` is negative. */
  static ofRead(errno: number, syscall: string): Failure {
    const name = getSystemErrorName(errno);
    const call = { errno, syscall };
    if (DENIALS.has(name)) return Failure.of("ERR_SOCKINFO_SYSTEM_CALL_DENIED", `${syscall} ${name}`, call);
    if (isShortage(name)) return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", `${syscall} ${name}`, call);
    return Failure.ofSystem(errno, syscall);
  }

  /** The error to throw. Its stack begins at the caller of `entry`; without `entry`, at the caller of `toError()`. */
  toError(entry: (...parameters: never[]) => unknown = this.toError): SocketInfoError {
    const error = new SocketInfoError(this);
    Error.captureStackTrace(error, entry);
    return error;
  }

  /** What a `try…` function answers: `undefined`, unless the caller has to know. */
  toUndefined(entry: (...parameters: never[]) => unknown): undefined {
    const row: { try: TryOutcome } | undefined = TABLE[this.code as SocketInfoErrorCode];
    if (row?.try !== "undefined") throw this.toError(entry);
    return undefined;
  }
}
