// getUnixListener() and getUnixListeners(): the sockets that systemd listens on and passes to the service. See
// systemd.socket(5).
import { inspect } from "node:util";
import { Failure, loadAddon, type NativeBinding, wrongValue } from "../../core";

/** A listening Unix socket that this process has inherited. `listenUnix()` accepts it once. */
export interface UnixListener {
  readonly fd: number;
  /**
   * `FileDescriptorName=` of the socket unit. systemd's default is the unit's name. `"unknown"` if it passed no
   * names.
   */
  readonly name: string;
  /** The path or abstract name that the socket is bound to. An abstract name begins with `"\0"`. */
  readonly path: string;
}

/** A descriptor that systemd passed. */
interface PassedFd {
  readonly fd: number;
  readonly name: string;
  /** A Failure if the descriptor is not a listening Unix socket. */
  readonly listener: UnixListener | Failure;
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;

/** A limit that no service reaches. So few descriptors can be checked one by one. */
const MAX_FDS = 65_536;

/** Refuses leading zeros, because some programs read such numbers as octal. */
const DECIMAL = /^(0|[1-9]\d*)$/;

/** Filled once, because after a descriptor is closed, its number may belong to another file. */
let passed: readonly PassedFd[] | Failure | undefined;

/** The listeners that were passed to listenUnix(). */
const taken = new WeakSet<UnixListener>();

/**
 * sd_listen_fds_with_names(3): the Unix socket that systemd listens on for this service. Returns `undefined` if
 * systemd passed no sockets to this process. So one line is enough with and without systemd: `listenUnix(server,
 * getUnixListener("api") ?? "/run/app/api.sock")`.
 *
 * Reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`, in the main thread of the process that systemd started. If
 * the service starts a shell or `npm start`, the process that these start has no listeners. The kernel confirms that
 * the descriptor is a listening Unix socket.
 *
 * @param name - Its `FileDescriptorName=`. Not needed if there is only one.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (no listener or more than one has that name, and the
 * message lists the names; `LISTEN_FDS` is not a decimal number up to 65,536; names and descriptors differ in
 * number), `ERR_SOCKINFO_NOT_UNIX`, `ERR_SOCKINFO_NOT_LISTENING` (with `Accept=yes` systemd passes connections),
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`, `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`.
 * @example
 * const listener = getUnixListener("api");
 * @see systemd.socket(5), sd_listen_fds(3)
 */
export function getUnixListener(name?: string): UnixListener | undefined {
  const listener = choose(name);
  if (listener instanceof Failure) throw listener.toError(getUnixListener);
  return listener;
}

/**
 * sd_listen_fds_with_names(3): all Unix sockets that systemd listens on for this service, in systemd's order. Empty
 * if systemd passed no sockets to this process. Leaves out other kinds of sockets that systemd passed.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (names and descriptors differ in number; `LISTEN_FDS` is
 * not a decimal number up to 65,536), `ERR_SOCKINFO_ADDON_LOAD_FAILED`, `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`.
 * @example
 * for (const listener of getUnixListeners()) await listenUnix(serverFor(listener.name), listener);
 */
export function getUnixListeners(): UnixListener[] {
  const all = readPassed();
  if (all instanceof Failure) throw all.toError(getUnixListeners);
  return all.flatMap(({ listener }) => (listener instanceof Failure ? [] : [listener]));
}

/** Marks the listener as passed to listenUnix(). From then on the server closes its descriptor. */
export function takeListener(value: object): UnixListener | Failure {
  const listener = passed instanceof Failure ? undefined : passed?.find((one) => one.listener === value)?.listener;
  if (listener === undefined || listener instanceof Failure) {
    return wrongValue("where", "be a path or a listener of getUnixListener()", value);
  }
  if (taken.has(listener)) {
    return Failure.ofMistake(
      `The "where" argument must be a listener that no server has. Received "${listener.name}", which a server has`,
    );
  }
  taken.add(listener);
  return listener;
}

function choose(name: string | undefined): UnixListener | Failure | undefined {
  if (name !== undefined && typeof (name as unknown) !== "string") return wrongValue("name", "be of type string", name);
  const all = readPassed();
  if (all instanceof Failure || all.length === 0) return all instanceof Failure ? all : undefined;
  const named = name === undefined ? all : all.filter((one) => one.name === name);
  const usable = named.filter(({ listener }) => !(listener instanceof Failure));
  const [first] = usable.length > 0 ? usable : named;
  if (first && usable.length < 2) return first.listener;
  const must = `be the name of ${first ? "only one listener" : "a listener"}`;
  return wrongValue("name", must, name, `The names are ${all.map((one) => `"${one.name}"`).join(", ")}`);
}

function readPassed(): readonly PassedFd[] | Failure {
  return (passed ??= readEnvironment());
}

/** Loads node:worker_threads here, because that takes most of a millisecond. A worker has loaded it. */
function isMainThread(): boolean {
  return (require("node:worker_threads") as typeof import("node:worker_threads")).isMainThread;
}

function readEnvironment(): readonly PassedFd[] | Failure {
  const { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: fdNames } = process.env;
  if (pid !== String(process.pid) || !fds || !isMainThread()) return [];
  const count = DECIMAL.test(fds) ? Number(fds) : NaN;
  if (!(count <= MAX_FDS)) {
    return Failure.ofMistake(
      `The environment variable LISTEN_FDS must be a decimal number up to ${MAX_FDS}. Received ${inspect(fds)}`,
    );
  }
  if (count === 0) return [];
  const names = fdNames === undefined ? Array.from({ length: count }, () => "unknown") : fdNames.split(":");
  if (names.length !== count) {
    return Failure.ofMistake(
      `The environment variable LISTEN_FDNAMES must have ${count} names, as LISTEN_FDS says. Received ${names.length}`,
    );
  }
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  return names.map((name, index) => {
    const fd = FIRST_FD + index;
    return { fd, name, listener: checkListener(binding, fd, name) };
  });
}

function checkListener(binding: NativeBinding, fd: number, name: string): UnixListener | Failure {
  const what = `descriptor ${fd}, "${name}"`;
  const length = binding.unixPath(fd);
  const path = Buffer.from(binding.buffer, 0, Math.max(length, 0)).toString();
  if (length < 0) return Failure.of("ERR_SOCKINFO_NOT_UNIX", what, { errno: length, syscall: "getsockname" });
  if (binding.isStream(fd) !== 1) {
    return Failure.of("ERR_SOCKINFO_NOT_UNIX", `${what}, is not a stream socket. Use ListenStream= in its socket unit`);
  }
  if (binding.isListening(fd) !== 1) {
    return Failure.of("ERR_SOCKINFO_NOT_LISTENING", `${what}. Use Accept=no in its socket unit`);
  }
  return Object.freeze({ fd, name, path });
}
