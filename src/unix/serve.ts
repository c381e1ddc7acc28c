// A bound descriptor → a server that listens on it, and what is done when it stops. Used by listen-unix.ts.
import type { Server } from "node:net";
import type { Failure } from "../core";
import { beforeClosing, nameServer } from "./node-server";
import { systemFailure } from "./system-failure";

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

/** The descriptor is Node's from here on. `cleanUp` is called once, while it is still open. */
export async function serve(
  { server, backlog }: Target,
  fd: number,
  name: string,
  cleanUp: () => void = () => {},
): Promise<Failure | undefined> {
  const outcome = outcomeOf(server);
  server.listen({ fd }, backlog);
  if (server.listening) {
    nameServer(server, name);
    runOnce(server, cleanUp);
  }
  const error = await outcome;
  if (error === undefined) return undefined;
  cleanUp();
  return systemFailure(error, name);
}

/** The error, if any. A server that is closed at once says nothing but that: it did listen. */
function outcomeOf(server: Server): Promise<unknown> {
  return new Promise((resolve) => {
    const events = { listening: settle, close: settle, error: settle };
    for (const [event, listener] of Object.entries(events)) server.on(event, listener);
    function settle(error?: unknown): void {
      for (const [event, listener] of Object.entries(events)) server.off(event, listener);
      resolve(error);
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
