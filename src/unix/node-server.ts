// The undocumented parts of Node's servers that this folder relies on.
import type { Server } from "node:net";
import { acceptedSockets, underTls } from "../core";

const HTTP1_LIST = "http.server.connections";

/** Node's ConnectionsList: the parsers of all connections. */
interface Http1List {
  all(): { readonly socket?: object | null }[];
}

interface ServerInside {
  /** What `address()` gives for servers on Unix sockets. */
  _pipeName?: string;
  /** How many connections it has accepted that are not closed yet. */
  _connections?: number;
  _handle?: { close(callback?: () => void): void } | null;
}

/** As if Node had bound it. */
export function nameServer(server: Server, path: string): void {
  (server as ServerInside)._pipeName = path;
}

/** Calls `run` at the last moment in which the listening descriptor is open, in `server.close()`. */
export function beforeClosing(server: Server, run: () => void): void {
  const { _handle: handle } = server as ServerInside;
  if (!handle) return;
  const { close } = handle;
  handle.close = function (...parameters) {
    run();
    return close.apply(this, parameters);
  };
}

/**
 * The open connections of a server, as far as Node lists them: what its sockets are, under TLS. The event loop knows the sockets that keep
 * it alive. HTTP/1 has a list that includes what was `unref()`ed, and what other code has handed to the server.
 */
export function openConnections(server: Server): Set<object> {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === HTTP1_LIST);
  const list = symbol && (server as unknown as Record<symbol, Http1List>)[symbol];
  const sockets = (list?.all() ?? []).flatMap(({ socket }) => socket ?? []);
  return new Set([...acceptedSockets(server), ...sockets.map((socket) => underTls(socket) ?? socket)]);
}

/** How many connections the server has accepted that are not among these. `NaN` if Node does not count them any more. */
export function countOthers(server: Server, connections: ReadonlySet<object>): number {
  const { _connections: count = Number.NaN } = server as ServerInside;
  return count - [...connections].filter((connection) => isCounted(connection, server)).length;
}

/** Not counted is what was handed to the server. */
function isCounted(socket: { destroyed?: boolean; _server?: unknown }, server: Server): boolean {
  return socket.destroyed === false && socket._server === server;
}
