// getUnixListener() and getUnixListeners(): sockets that systemd listens on and hands to the service (systemd.socket(5)). The way on is
// listen-unix.ts.
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";
import { Failure, loadAddon, type NativeBinding, wrongValue } from "../../core";

/** A listening Unix socket that this process has inherited. `listenUnix()` takes it, once. */
export interface UnixListener {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit; systemd's own default is the unit's name. `"unknown"` where no names are given. */
  readonly name: string;
  /** What it is bound to; an abstract name begins with `"\0"`. */
  readonly path: string;
}

interface Passed {
  readonly fd: number;
  readonly name: string;
  /** Or why it is none. */
  readonly listener: UnixListener | Failure;
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;

/** More than any service gets, and few enough to look at each. */
const MAX_FDS = 65_536;

/** No leading zero: some programs read an octal number then. */
const DECIMAL = /^(0|[1-9]\d*)$/;

/** Read once: the descriptors are the process's from its start, and a number that was closed since is another's. */
let passed: readonly Passed[] | Failure | undefined;

/** Those that have a server. */
const taken = new WeakSet<UnixListener>();

/**
 * sd_listen_fds_with_names(3): the Unix socket that systemd listens on for this service; `undefined` where the process was not started so,
 * so that one line serves both: `listenUnix(server, getUnixListener("api") ?? "/run/app/api.sock")`.
 *
 * It is there by `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`, in the main thread of the process that systemd started; behind a shell or
 * `npm start` it is not. That it listens, and is a Unix socket, is asked of the kernel.
 *
 * @param name - Its `FileDescriptorName=`. May be left out where there is only one.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (none has that name, or several may be meant; the message
 * lists them; `LISTEN_FDS` is not a decimal number up to 65,536),
 * `ERR_SOCKINFO_NOT_UNIX`, `ERR_SOCKINFO_NOT_LISTENING` (with `Accept=yes` systemd passes connections), `ERR_SOCKINFO_ADDON_LOAD_FAILED`,
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`.
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
 * All Unix sockets that systemd listens on for this service, in its order; none where the process was not started so. Sockets of
 * other kinds that it was given are left out.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (names and descriptors are not as many, `LISTEN_FDS` is
 * not a decimal number up to 65,536), `ERR_SOCKINFO_ADDON_LOAD_FAILED`,
 * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM`.
 * @example
 * for (const listener of getUnixListeners()) await listenUnix(serverFor(listener.name), listener);
 */
export function getUnixListeners(): UnixListener[] {
  const all = readPassed();
  if (all instanceof Failure) throw all.toError(getUnixListeners);
  return all.flatMap(({ listener }) => (listener instanceof Failure ? [] : [listener]));
}

/** For a server, which closes it in the end. */
export function takeListener(value: object): UnixListener | Failure {
  const listener = passed instanceof Failure ? undefined : passed?.find((one) => one.listener === value)?.listener;
  if (listener === undefined || listener instanceof Failure) {
    return Failure.ofArgument("not what getUnixListener() gave");
  }
  if (taken.has(listener)) {
    return Failure.ofArgument(`the listener "${listener.name}" has been given to a server before`);
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
  const names = all.map((one) => `"${one.name}"`).join(", ");
  const problem = first ? "several listeners may be meant" : `no listener is called "${name}"`;
  return Failure.ofArgument(`${problem}: there are ${names}`);
}

function readPassed(): readonly Passed[] | Failure {
  return (passed ??= readEnvironment());
}

function readEnvironment(): readonly Passed[] | Failure {
  const { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: fdNames } = process.env;
  if (!isMainThread || pid !== String(process.pid) || !fds) return [];
  const count = DECIMAL.test(fds) ? Number(fds) : NaN;
  if (!(count <= MAX_FDS)) {
    return Failure.ofArgument(`LISTEN_FDS must be a decimal number up to ${MAX_FDS}. Received ${inspect(fds)}`);
  }
  if (count === 0) return [];
  const names = fdNames === undefined ? Array.from({ length: count }, () => "unknown") : fdNames.split(":");
  if (names.length !== count) {
    return Failure.ofArgument(`LISTEN_FDS is ${count}, but LISTEN_FDNAMES has ${names.length} names`);
  }
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  return names.map((name, index) => {
    const fd = FIRST_FD + index;
    return { fd, name, listener: examine(binding, fd, name) };
  });
}

function examine(binding: NativeBinding, fd: number, name: string): UnixListener | Failure {
  const what = `descriptor ${fd}, "${name}"`;
  const length = binding.unixPath(fd);
  const path = Buffer.from(binding.buffer, 0, Math.max(length, 0)).toString();
  if (length < 0) return Failure.of("ERR_SOCKINFO_NOT_UNIX", what, { errno: length, syscall: "getsockname" });
  if (binding.isStream(fd) !== 1) return Failure.of("ERR_SOCKINFO_NOT_UNIX", `${what}, is not of SOCK_STREAM`);
  if (binding.isListening(fd) !== 1) return Failure.of("ERR_SOCKINFO_NOT_LISTENING", what);
  return Object.freeze({ fd, name, path });
}
