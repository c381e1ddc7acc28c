// socket → handle → fd. Comes after find-socket.ts; what is done with the fd, the caller does at once: it is never stored.
import type { Server, Socket } from "node:net";
import { Failure } from "../errors";
import { hidingRuntime, refuseRuntime } from "../runtime";
import { findSocket } from "./find-socket";

/** What Node keeps behind a socket: TCP, Pipe, TTY or TLSWrap, which passes its `fd` on. */
export interface Handle {
  readonly fd: number;
  /** TLSWrap only: what it reads from. A `stream` there is a JavaScript Duplex. */
  readonly _parentWrap?: { readonly stream?: unknown } | null;
}

/** The descriptor to ask the kernel about, valid until the event loop gets to run, or why there is none. */
export function findFd(source: unknown): number | Failure {
  if (typeof source === "number") return checkFd(source);
  const socket = findSocket(source);
  return socket instanceof Failure ? socket : fdOf(socket, handleOf(socket));
}

/** A descriptor number that a caller passed in. Whether it is open, the kernel says. */
export function checkFd(number: number): number | Failure {
  if (Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff) return number;
  return Failure.ofArgument(`${number} is not a file descriptor`);
}

/** The live handle, none once it is gone. The socket of an HTTP/2 session throws then. */
export function handleOf(socket: Socket | Server): Handle | null | undefined {
  try {
    return (socket as unknown as { _handle: Handle | null | undefined })._handle;
  } catch {
    return undefined;
  }
}

/** The descriptor of a live handle, read anew: a closed one gives -1 or less, never an old number. */
export function fdOf(socket: Socket, handle: Handle | null | undefined): number | Failure {
  const fd = handle?.fd;
  return isInteger(fd) && fd >= 0 ? fd : whyNoFd(socket, handle);
}

const isInteger = Number.isInteger as (value: unknown) => value is number;

function whyNoFd(socket: Socket, handle: Handle | null | undefined): Failure {
  try {
    if (socket.connecting) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it is still connecting");
    // The proxy of an HTTP/2 request has `destroyed` from its stream, and all else from the socket.
    if (socket.destroyed || socket.closed) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
    const runtime = hidingRuntime();
    if (runtime) return refuseRuntime(runtime);
    if (!handle) return Failure.of("ERR_SOCKINFO_NOT_CONNECTED", "it was never connected");
    if (handle._parentWrap?.stream) {
      return Failure.of("ERR_SOCKINFO_NO_SOCKET", "TLS runs over a JavaScript stream here, not over a socket");
    }
  } catch {
    // A socket of an HTTP/2 session that has ended answers every property with an exception.
  }
  return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
}
