// source → socket: by `source.socket`, which nearly every source has, otherwise by the table in source-kinds.ts.
import { Socket } from "node:net";
import { Failure } from "../errors";
import { wrongValue } from "../values";
import { whyNoSocket } from "./no-socket";
import { tryStep } from "./search-source";
import { SOURCE_KINDS } from "./source-kinds";
import { trackedOfRequest } from "./tracked";

/** A constant of this module, because reading node:net's export on the hot path shows in the benchmark. */
const NetSocket: typeof Socket = Socket;

/** The socket that `source` leads to, or why there is none. Nothing that the source does can make this throw. */
export function findSocket(source: unknown): Socket | Failure {
  try {
    // Nearly all sources are one of these two.
    if (source instanceof NetSocket) return source;
    const { socket } = source as { socket: unknown };
    if (socket instanceof NetSocket) return socket;
  } catch {
    // The source is not an object, or it throws. searchSocket() finds out which.
  }
  return searchSocket(source);
}

function searchSocket(source: unknown): Socket | Failure {
  if ((typeof source !== "object" && typeof source !== "function") || source === null) return refuse(source);
  let ended = hasEnded(source);
  for (const { toSocket } of SOURCE_KINDS) {
    const found = tryStep(toSocket, source);
    if (isSocket(found)) return found;
    // A framework's object of an ended HTTP/2 request still leads to a proxy of its socket, which shows the end.
    ended ||= found !== undefined && hasEnded(found as object);
  }
  if (!ended) return whyNoSocket(source);
  const socket = trackedOfRequest(source)?.requestSocket;
  // The tracker may follow a connection without a net.Socket: a Duplex that was injected by emit('connection').
  return isSocket(socket) ? socket : Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
}

/** Also true for the proxies that HTTP/2 puts in front of its sockets. They throw once the session has ended. */
export function isSocket(value: unknown): value is Socket {
  try {
    return value instanceof NetSocket;
  } catch {
    return false;
  }
}

/** Whether `source` is a session, stream, request or response of HTTP/2 that lost its socket when it ended. */
function hasEnded(source: { destroyed?: unknown; stream?: { destroyed?: unknown } | null }): boolean {
  try {
    return source.destroyed === true || source.stream?.destroyed === true;
  } catch (error) {
    return (error as NodeJS.ErrnoException | undefined)?.code === "ERR_HTTP2_SOCKET_UNBOUND";
  }
}

function refuse(source: unknown): Failure {
  if (typeof source === "number") {
    return Failure.of("ERR_SOCKINFO_NO_SOCKET", "a descriptor number does not lead to a net.Socket");
  }
  return wrongValue("source", "be an object that leads to a socket", source);
}
