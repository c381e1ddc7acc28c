// sources → fds, for one native call that reads all of them.
import type { Socket } from "node:net";
import { Failure } from "../errors";
import { checkFd, fdOf, type Handle, handleOf } from "./find-fd";
import { findSocket } from "./find-socket";

/** The placeholder for a source without a descriptor. The native call returns -EBADF for it. */
const NO_FD = -1;

/** A socket, a descriptor number, or why there is neither. */
export type Found = Socket | number | Failure;

export interface FoundFds {
  readonly fds: Int32Array;
  /** Why a source has no descriptor, by its index in `fds`. */
  readonly failures: Map<number, Failure>;
  /** The live handle of each socket. A descriptor number has none. */
  readonly handles: readonly (Handle | null | undefined)[];
}

/** Runs getters of frameworks, which may close another socket. So no descriptor is read before all are found. */
export function findSockets(sources: readonly unknown[]): Found[] {
  // Unlike map(), it does not skip the holes of an array.
  return Array.from(sources, (source) => (typeof source === "number" ? checkFd(source) : findSocket(source)));
}

/** From here on no other code may run that could close a descriptor and open another file under its number. */
export function readFds(found: readonly Found[]): FoundFds {
  const fds = new Int32Array(found.length);
  const failures = new Map<number, Failure>();
  const handles = found.map((socket, index) => {
    const isSocket = typeof socket !== "number" && !(socket instanceof Failure);
    const handle = isSocket ? handleOf(socket) : undefined;
    const fd = isSocket ? fdOf(socket, handle) : socket;
    if (fd instanceof Failure) failures.set(index, fd);
    fds[index] = fd instanceof Failure ? NO_FD : fd;
    return handle;
  });
  return { fds, failures, handles };
}
