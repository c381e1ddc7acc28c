// sources → fds, for one native call about all of them. The steps are those of find-fd.ts.
import type { Socket } from "node:net";
import { Failure } from "../errors";
import { checkFd, fdOf, handleOf } from "./find-fd";
import { findSocket } from "./find-socket";

/** What stands for the descriptor of a source that has none. */
const NO_FD = -1;

/** Fills `fds` with the descriptor of each source. Why a source has none is given by its index. */
export function findFds(sources: readonly unknown[], fds: Int32Array): Map<number, Failure> {
  const failures = new Map<number, Failure>();
  // All sockets first: on the way to one, getters of a framework run, which may close another. Then all descriptors, and between
  // these nothing runs that could give a number to a new owner.
  const found: (Socket | number | Failure)[] = [];
  for (let index = 0; index < fds.length; index++) found.push(findSocketOrFd(sources[index]));
  found.forEach((socket, index) => {
    const fd = typeof socket === "number" || socket instanceof Failure ? socket : fdOf(socket, handleOf(socket));
    if (fd instanceof Failure) failures.set(index, fd);
    fds[index] = fd instanceof Failure ? NO_FD : fd;
  });
  return failures;
}

function findSocketOrFd(source: unknown): Socket | number | Failure {
  return typeof source === "number" ? checkFd(source) : findSocket(source);
}
