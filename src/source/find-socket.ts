// source → socket, by the places that paths.ts lists. The way on is find-fd.ts.
import { Socket } from "node:net";
import { Failure } from "../errors";
import { wrongValue } from "../values";
import { whyNoSocket } from "./no-socket";
import { PATHS } from "./paths";
import { trackedOfRequest } from "./tracked";

/** As a constant of this module: on the hot path the look into node:net's exports shows in the benchmark. */
const NetSocket: typeof Socket = Socket;

/** The socket behind what a handler holds, or why there is none. Nothing that the source does can make this throw. */
export function findSocket(source: unknown): Socket | Failure {
  try {
    // Nearly all sources are one of these two.
    if (source instanceof NetSocket) return source;
    const { socket } = source as { socket: unknown };
    if (socket instanceof NetSocket) return socket;
  } catch {
    // Not an object, or one that throws: the long way tells which.
  }
  return searchSocket(source);
}

function searchSocket(source: unknown): Socket | Failure {
  if ((typeof source !== "object" && typeof source !== "function") || source === null) return refuse(source);
  let ended = hasEnded(source);
  for (const { follow } of PATHS) {
    const found = step(follow, source);
    if (isSocket(found)) return found;
    // What a framework made of an HTTP/2 request that has ended still leads to what is left of its socket.
    ended ||= found !== undefined && hasEnded(found as object);
  }
  if (!ended) return whyNoSocket(source);
  const socket = trackedOfRequest(source)?.requestSocket;
  // A connection that was injected may have no net.Socket.
  return isSocket(socket) ? socket : Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
}

/** The first thing on the way from `source` to its socket, itself included, that is `wanted`. Nothing that it does can make this throw. */
export function searchSource<T>(source: unknown, wanted: (value: unknown) => T | undefined): T | undefined {
  const direct = step(wanted, source) ?? step((from: { socket: unknown }) => wanted(from.socket), source);
  if (direct !== undefined) return direct;
  for (const { follow } of PATHS) {
    const found = step((from: never) => wanted(follow(from)), source);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One guarded step: a getter that throws leads nowhere. */
function step<T>(follow: (source: never) => T, source: unknown): T | undefined {
  try {
    return follow(source as never);
  } catch {
    return undefined;
  }
}

/** True for the proxies, too, that HTTP/2 puts in front of its sockets; those throw when the session has ended. */
function isSocket(value: unknown): value is Socket {
  try {
    return value instanceof NetSocket;
  } catch {
    return false;
  }
}

/** A session, stream, request or response of HTTP/2 lets go of its socket when it ends; it had one. */
function hasEnded(source: { destroyed?: unknown; stream?: { destroyed?: unknown } | null }): boolean {
  try {
    return source.destroyed === true || source.stream?.destroyed === true;
  } catch (error) {
    return (error as NodeJS.ErrnoException | undefined)?.code === "ERR_HTTP2_SOCKET_UNBOUND";
  }
}

function refuse(source: unknown): Failure {
  if (typeof source === "number") {
    return Failure.of("ERR_SOCKINFO_NO_SOCKET", "a descriptor number has no net.Socket");
  }
  return wrongValue("source", "be an object that leads to a socket", source);
}
