// Makes a server listen on a bound descriptor, and cleans up when the server closes or the process exits.
import { fstatSync } from "node:fs";
import type { Server } from "node:net";
import { Failure, type NativeBinding } from "../../core";
import { beforeClosing, listensOn, setAddress } from "./node-internals";
import { attempt, systemFailure } from "./system-failure";

export interface ServerToStart {
  readonly server: Server;
  readonly backlog: number | undefined;
}

/** These are called when the process exits, because an exit closes no server. */
const cleanUpsAtExit = new Set<() => void>();

function runCleanUps(): void {
  for (const cleanUp of cleanUpsAtExit) cleanUp();
}

/**
 * Owns the descriptor from now on: it is closed with the server, or after a failure. Calls `cleanUp` once. If the
 * server listened, the descriptor is still open during that call.
 */
export async function listenOnFd(
  binding: NativeBinding,
  { server, backlog }: ServerToStart,
  fd: number,
  address: string,
  cleanUp: () => void = () => {},
): Promise<Failure | undefined> {
  const socket = socketAt(fd);
  const outcome = callListen(server, fd, backlog);
  if (listensOn(server, fd)) {
    setAddress(server, address);
    cleanUpOnce(server, cleanUp);
  }
  const error = (await outcome) ?? refuseOtherListener(server, fd);
  if (error === undefined) return undefined;
  cleanUp();
  // Node closes the descriptor after some errors only.
  if (!listensOn(server, fd) && socket !== undefined && socketAt(fd) === socket) binding.closeDescriptor(fd);
  return systemFailure(error, address);
}

/** Other code may have replaced `server.listen()` with one that listens elsewhere. */
function refuseOtherListener(server: Server, fd: number): Error | undefined {
  if (!server.listening || listensOn(server, fd)) return undefined;
  server.close();
  return new Error("other code has replaced server.listen(), and the server listens elsewhere");
}

/**
 * The result has no prototype, because Node would read `handle`, `signal` and other options from a polluted
 * Object.prototype.
 */
function plainOptions(fd: number): { readonly fd: number } {
  return Object.assign(Object.create(null) as object, { fd });
}

/** Identifies the socket at a descriptor, because another socket may have the same number later. */
function socketAt(fd: number): string | undefined {
  const stats = attempt("", () => fstatSync(fd, { bigint: true }));
  return stats instanceof Failure ? undefined : `${stats.dev}:${stats.ino}`;
}

/** Resolves with the error, if any. A server that is closed at once has listened, but emits only 'close'. */
function callListen(server: Server, fd: number, backlog: number | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    const events = { listening: settle, close: settle, error: settle };
    for (const [event, listener] of Object.entries(events)) server.on(event, listener);
    function settle(error?: unknown): void {
      for (const [event, listener] of Object.entries(events)) server.off(event, listener);
      resolve(error);
    }
    try {
      server.listen(plainOptions(fd), backlog);
    } catch (error) {
      settle(error);
    }
  });
}

/** Calls `cleanUp` when the server closes or the process exits, whichever comes first. */
function cleanUpOnce(server: Server, cleanUp: () => void): void {
  if (cleanUpsAtExit.size === 0) process.on("exit", runCleanUps);
  cleanUpsAtExit.add(cleanUp);
  beforeClosing(server, () => {
    if (!cleanUpsAtExit.delete(cleanUp)) return;
    cleanUp();
    if (cleanUpsAtExit.size === 0) process.off("exit", runCleanUps);
  });
}
