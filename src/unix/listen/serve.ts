// A bound descriptor → a server that listens on it, and what is done when it stops. Used by listen-unix.ts.
import { fstatSync } from "node:fs";
import type { Server } from "node:net";
import { Failure, type NativeBinding } from "../../core";
import { beforeClosing, listensOn, nameServer } from "../peers/node-server";
import { attempt, systemFailure } from "./system-failure";

/** Who is to listen. */
export interface Target {
  readonly server: Server;
  readonly backlog: number | undefined;
}

/** What is still to be done when the process exits, which closes no server. */
const atExit = new Set<() => void>();

function runAll(): void {
  for (const run of atExit) run();
}

/**
 * Takes the descriptor: it is closed with the server, or after a failure. `cleanUp` is called once, while it is still
 * open if the server listened.
 */
export async function serve(
  binding: NativeBinding,
  { server, backlog }: Target,
  fd: number,
  name: string,
  cleanUp: () => void = () => {},
): Promise<Failure | undefined> {
  const socket = socketAt(fd);
  const outcome = listenOn(server, fd, backlog);
  if (listensOn(server, fd)) {
    nameServer(server, name);
    runOnce(server, cleanUp);
  }
  const error = (await outcome) ?? stopElsewhere(server, fd);
  if (error === undefined) return undefined;
  cleanUp();
  // Node closes it after some errors only.
  if (!listensOn(server, fd) && socket !== undefined && socketAt(fd) === socket) binding.closeDescriptor(fd);
  return systemFailure(error, name);
}

/** Of a `listen()` that other code has put in the place of Node's. */
function stopElsewhere(server: Server, fd: number): Error | undefined {
  if (!server.listening || listensOn(server, fd)) return undefined;
  server.close();
  return new Error("Node does not listen on the descriptor that it was given");
}

/** Without a prototype: Node would take `handle`, `signal` and others of a polluted Object.prototype for options. */
function plainOptions(fd: number): { readonly fd: number } {
  return Object.assign(Object.create(null) as object, { fd });
}

/** Tells one socket from another that has its number later. */
function socketAt(fd: number): string | undefined {
  const stats = attempt("", () => fstatSync(fd, { bigint: true }));
  return stats instanceof Failure ? undefined : `${stats.dev}:${stats.ino}`;
}

/** The error, if any. A server that is closed at once says nothing but that: it did listen. */
function listenOn(server: Server, fd: number, backlog: number | undefined): Promise<unknown> {
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

/** When the server closes, or the process exits. */
function runOnce(server: Server, cleanUp: () => void): void {
  if (atExit.size === 0) process.on("exit", runAll);
  atExit.add(cleanUp);
  beforeClosing(server, () => {
    if (!atExit.delete(cleanUp)) return;
    cleanUp();
    if (atExit.size === 0) process.off("exit", runAll);
  });
}
