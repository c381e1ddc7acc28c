// What listenUnix() takes, and what it refuses before it does anything.
import cluster from "node:cluster";
import { Server } from "node:net";
import { Failure, hidingRuntime } from "../core";

/** Of {@link listenUnix}. */
export interface ListenUnixOptions {
  /** Permissions of the socket: whoever may write to it may connect. `0o600` if not given: its owner only. */
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
  if (!(server instanceof Server)) return Failure.ofArgument("not a server of node:http, https, http2, net or tls");
  if (server.listening) return Failure.ofArgument("the server is listening already");
  if (cluster.isPrimary) return undefined;
  const detail = "Node would have the cluster's primary process open it. Have a server of the primary listen";
  return Failure.of("ERR_SOCKINFO_LISTENER_NOT_OWNED", detail);
}

export function refuseOptions(options: unknown, where: unknown): Failure | undefined {
  if (typeof options !== "object" || options === null) return Failure.ofArgument("options is not an object");
  const { mode, owner, group, backlog } = options as Record<keyof ListenUnixOptions, unknown>;
  if (mode !== undefined && !isInteger(mode, 0o777)) {
    return Failure.ofArgument("options.mode is not a number from 0 to 0o777");
  }
  if (backlog !== undefined && !isInteger(backlog, 0x7fff_ffff)) {
    return Failure.ofArgument("options.backlog is not a number");
  }
  if (!isIdOrName(owner)) return Failure.ofArgument("options.owner is neither the id nor the name of a user");
  if (!isIdOrName(group)) return Failure.ofArgument("options.group is neither the id nor the name of a group");
  const hasFile = typeof where === "string" && !where.startsWith("\0");
  if (hasFile || (mode ?? owner ?? group) === undefined) return undefined;
  return Failure.ofArgument(
    "an abstract name has neither mode nor owner, and those of an inherited socket are as they are",
  );
}

function isIdOrName(value: unknown): boolean {
  // To chown(2) the last id means "leave it as it is".
  return value === undefined || (typeof value === "string" && value !== "") || isInteger(value, 0xffff_fffe);
}

function isInteger(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
