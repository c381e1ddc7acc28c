// What listenUnix() takes, and what it refuses before it does anything.
import cluster from "node:cluster";
import type { Server } from "node:net";
import {
  Failure,
  hidingRuntime,
  readIdOrName,
  readInteger,
  type Readers,
  readOptions,
  refuseNonServer,
  wrongValue,
} from "../../core";

/** Of {@link listenUnix}. */
export interface ListenUnixOptions {
  /**
   * Permissions of the socket: whoever may write to it may connect. `0o600` if not given: its owner only. Write it in
   * octal: `0o440`, as `440` is `0o670`.
   */
  readonly mode?: number | undefined;
  /** Id or name of the user that owns it; if not given, this process's. Takes CAP_CHOWN. */
  readonly owner?: number | string | undefined;
  /**
   * Id or name of its group; if not given, this process's, also in a folder with setgid. The process must be in the
   * group, or have CAP_CHOWN.
   */
  readonly group?: number | string | undefined;
  /** As of `server.listen()`: how many connections may wait to be accepted. */
  readonly backlog?: number | undefined;
}

export function refuseServer(server: unknown): Failure | undefined {
  const runtime = hidingRuntime();
  if (runtime) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime}'s servers do not take a descriptor as Node's do`);
  }
  const refusal = refuseNonServer(server);
  if (refusal) return refusal;
  if ((server as Server).listening) return Failure.ofArgument("the server is listening already");
  if (cluster.isPrimary) return undefined;
  const detail = "Node would have the cluster's primary process open it. Have a server of the primary listen";
  return Failure.of("ERR_SOCKINFO_LISTENER_NOT_OWNED", detail);
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
  const hasFile = typeof where === "string" && !where.startsWith("\0");
  if (read instanceof Failure || hasFile || (read.mode ?? read.owner ?? read.group) === undefined) return read;
  return Failure.ofMistake(
    'The "options" argument must not have mode, owner or group here: ' +
      "an abstract name has neither mode nor owner, and those of an inherited socket are as they are",
  );
}
