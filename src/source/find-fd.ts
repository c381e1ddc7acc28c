// source → socket → handle → fd. The caller uses the fd at once and never stores it.
import type { Server, Socket } from "node:net";
import { Failure } from "../errors";
import { otherRuntime, refuseRuntime } from "../runtime";
import { wrongValue } from "../values";
import { findSocket } from "./find-socket";
import { lendFd } from "./lent-fd";

/** Node's handle of a socket: TCP, Pipe, TTY or TLSWrap. A TLSWrap has the `fd` of the handle that it wraps. */
export interface Handle {
  readonly fd: number;
  /** TLSWrap only: the handle that it reads from. It has a `stream` if that is a JavaScript Duplex. */
  readonly _parentWrap?: { readonly stream?: unknown } | null;
}

/** The descriptor of the source's socket, valid until the event loop runs again, or why there is none. */
export function findFd(source: unknown): number | Failure {
  if (typeof source === "number") return checkFd(source);
  const socket = findSocket(source);
  return socket instanceof Failure ? socket : fdOf(socket, handleOf(socket));
}

/**
 * Checks the argument `name`, a descriptor number. Only a system call can show whether the descriptor is open.
 */
export function checkFd(number: number, name: "source" | "server" = "source"): number | Failure {
  if (Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff) return number;
  const kind = name === "source" ? "an object" : "a server";
  return wrongValue(name, `be ${kind} or a descriptor number from 0 to 2147483647`, number);
}

/**
 * The live handle. `null` or `undefined` once the socket is closed; an HTTP/2 session's socket then throws at every
 * access.
 */
export function handleOf(socket: Socket | Server): Handle | null | undefined {
  try {
    return (socket as unknown as { _handle: Handle | null | undefined })._handle;
  } catch {
    return undefined;
  }
}

/** Reads the descriptor from the live handle. A closed handle has a negative number, never the old one. */
export function fdOf(socket: Socket, handle: Handle | null | undefined): number | Failure {
  const fd = numberOf(handle);
  return isInteger(fd) && fd >= 0 ? fd : (lendFd(handle) ?? whyNoFd(socket, handle));
}

/** The handle's `fd`, which is a getter. `undefined` if it throws, as that of a foreign handle may. */
export function numberOf(handle: Handle | null | undefined): unknown {
  try {
    return handle?.fd;
  } catch {
    return undefined;
  }
}

const isInteger = Number.isInteger as (value: unknown) => value is number;

function whyNoFd(socket: Socket, handle: Handle | null | undefined): Failure {
  try {
    if (socket.connecting) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is still connecting");
    // The socket proxy of an HTTP/2 request has the `destroyed` of its stream. Its other properties are the socket's.
    if (socket.destroyed || socket.closed) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
    const runtime = otherRuntime();
    if (runtime) return refuseRuntime(runtime);
    if (!handle) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it was never connected");
    if (handle._parentWrap?.stream) {
      return Failure.of("ERR_SOCKINFO_NO_SOCKET", "its TLS runs over a JavaScript stream and not over a socket");
    }
  } catch {
    // Once an HTTP/2 session has ended, every property of its socket throws.
  }
  return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
}
