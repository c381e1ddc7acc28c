// sources → fds, for one native call that reads all of them.
import type { Socket } from "node:net";
import { Failure } from "../errors";
import { checkFd, fdOf, type Handle, handleOf } from "./find-fd";
import { findSocket } from "./find-socket";

/** The placeholder for a source without a descriptor. The native call returns -EBADF for it. */
const NO_FD = -1;

export interface FoundFds {
  /** Why a source has no descriptor, by the index of the source. */
  readonly failures: Map<number, Failure>;
  /** The live handle of each socket. A descriptor number has none. */
  readonly handles: readonly (Handle | null | undefined)[];
}

/** Fills `fds` with the descriptor of each source. */
export function findFds(sources: readonly unknown[], fds: Int32Array): FoundFds {
  const failures = new Map<number, Failure>();
  // All sockets are found first, because that runs getters of frameworks, which may close another socket. All
  // descriptors are read afterwards. From then on no other code runs that could close a descriptor and open another
  // file under its number.
  const found: (Socket | number | Failure)[] = [];
  for (let index = 0; index < fds.length; index++) found.push(findSocketOrFd(sources[index]));
  const handles = found.map((socket, index) => {
    const isSocket = typeof socket !== "number" && !(socket instanceof Failure);
    const handle = isSocket ? handleOf(socket) : undefined;
    const fd = isSocket ? fdOf(socket, handle) : socket;
    if (fd instanceof Failure) failures.set(index, fd);
    fds[index] = fd instanceof Failure ? NO_FD : fd;
    return handle;
  });
  return { failures, handles };
}

function findSocketOrFd(source: unknown): Socket | number | Failure {
  return typeof source === "number" ? checkFd(source) : findSocket(source);
}
