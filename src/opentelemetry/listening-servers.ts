// Finds the HTTP servers of the process by Node's diagnostics channels. It patches nothing.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:net";
import { nextTick } from "node:process";
import { type Closeable, closeOnce, httpOf } from "../core";

/** Published when a server has begun to listen, before its event 'listening'. */
const LISTENING = "tracing:net.server.listen:asyncEnd";
/** Published when a server has accepted a connection, after its event 'connection'. */
const ACCEPTED = "net.server.socket";

/**
 * Calls `found` with each HTTP server that begins to listen. A server that listened before is found when it accepts
 * its next connection. `found` may be called again for the same server. It must not throw: Node would make an uncaught
 * exception of that.
 */
export function watchListeningServers(found: (server: Server) => void): Closeable {
  /** Includes servers without HTTP, so that each of their connections costs only one look-up. */
  const seen = new WeakSet<Server>();
  let isOver = false;
  const onListening = (message: unknown): void => {
    const { server } = message as { server: Server };
    seen.add(server);
    if (httpOf(server) !== undefined) void findLater(server);
  };
  const findLater = async (server: Server): Promise<void> => {
    await codeAfterListen();
    if (!isOver && server.listening) found(server);
  };
  const onAccepted = (message: unknown): void => {
    const { server } = (message as { socket: { server?: Server } }).socket;
    if (server === undefined || seen.has(server)) return;
    seen.add(server);
    if (httpOf(server) !== undefined) found(server);
  };
  subscribe(LISTENING, onListening);
  subscribe(ACCEPTED, onAccepted);
  return closeOnce(() => {
    isOver = true;
    unsubscribe(LISTENING, onListening);
    unsubscribe(ACCEPTED, onAccepted);
  });
}

const ROUNDS = 10;

/**
 * Waits until the program's code after 'listening' has run, and ends before Node accepts a connection. So that code
 * can still call `trackConnections(server)`.
 */
async function codeAfterListen(): Promise<void> {
  // Each round lets waiting ticks and promises run. Node returns to its event loop only after all of them.
  for (let round = 0; round < ROUNDS; round++) await new Promise<void>((resolve) => nextTick(resolve));
}
