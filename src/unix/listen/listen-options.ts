// The options of listenUnix(), and the checks that it makes before it does anything.
import type { Server } from "node:net";
import {
  Failure,
  otherRuntime,
  readIdOrName,
  readInteger,
  type Readers,
  readOptions,
  refuseNonServer,
  wrongValue,
} from "../../core";

/** The options of {@link listenUnix}. */
export interface ListenUnixOptions {
  /**
   * The permissions of the socket. The users that may write to it may connect. Default: `0o600`, its owner only. Write
   * it in octal: `0o440`, because `440` is `0o670`.
   */
  readonly mode?: number | undefined;
  /** Id or name of the user that owns the socket. Default: this process's user. Another one needs CAP_CHOWN. */
  readonly owner?: number | string | undefined;
  /**
   * Id or name of the socket's group. Default: this process's group, even in a folder with setgid. The process must be
   * in the group, or have CAP_CHOWN.
   */
  readonly group?: number | string | undefined;
  /** How many connections may wait to be accepted, as for `server.listen()`. */
  readonly backlog?: number | undefined;
}

export function refuseServer(server: unknown): Failure | undefined {
  const runtime = otherRuntime();
  if (runtime) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `the servers of ${runtime} can't listen on a descriptor`);
  }
  const refusal = refuseNonServer(server);
  if (refusal) return refusal;
  if ((server as Server).listening) {
    return Failure.ofMistake(
      'The "server" argument must be a server that is not listening. Received a listening server',
    );
  }
  if (isPrimary()) return undefined;
  const detail =
    "in a worker, Node lets the cluster's primary process listen. Call listenUnix() in the primary process";
  return Failure.of("ERR_SOCKINFO_LISTENER_NOT_OWNED", detail);
}

/** Loads node:cluster here, because that takes a millisecond. A worker has loaded it. */
function isPrimary(): boolean {
  return (require("node:cluster") as typeof import("node:cluster").default).isPrimary;
}

const readAnyMode = readInteger(0o777, "0o777");

function readMode(name: string, value: unknown): number | Failure {
  const mode = readAnyMode(name, value);
  const digits = mode instanceof Failure && /^(?:0|0o)?([0-7]{3})$/.exec(String(value))?.[1];
  return digits ? wrongValue(name, "be an integer from 0 to 0o777", value, `Did you mean 0o${digits}?`) : mode;
}

const OPTIONS: Readers<ListenUnixOptions> = {
  mode: readMode,
  owner: readIdOrName,
  group: readIdOrName,
  backlog: readInteger(0x7fff_ffff),
};

export function readListenOptions(options: unknown, where: unknown): ListenUnixOptions | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure || (read.mode ?? read.owner ?? read.group) === undefined) return read;
  const why = whyNoAccess(where);
  return why === undefined
    ? read
    : Failure.ofMistake(`The "options" argument must not have "mode", "owner" or "group" for ${why}`);
}

/** Why the caller can't choose owner and mode. `undefined` for a path. */
function whyNoAccess(where: unknown): string | undefined {
  if (typeof where === "object") return "an inherited socket, which keeps its own";
  return typeof where === "string" && where.startsWith("\0") ? "an abstract name, which has none of them" : undefined;
}
