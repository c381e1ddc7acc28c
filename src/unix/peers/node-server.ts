// The undocumented parts of Node's servers that this folder relies on.
import type { Server } from "node:net";
import { acceptedSockets, underTls } from "../../core";

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
  _handle?: { readonly fd?: number; close(callback?: () => void): void } | null;
}

/** As if Node had bound it. */
export function nameServer(server: Server, path: string): void {
  (server as ServerInside)._pipeName = path;
}

/** Not on TCP, nor on another descriptor. */
export function listensOn(server: Server, fd: number): boolean {
  return (server as ServerInside)._handle?.fd === fd;
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
 * The open connections that Node lists, each as the socket below TLS. The event loop lists referenced sockets. HTTP/1's
 * own list also has `unref()`ed ones, and those that other code handed to the server.
 */
export function openConnections(server: Server): Set<object> {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === HTTP1_LIST);
  const list = symbol && (server as unknown as Record<symbol, Http1List>)[symbol];
  const sockets = (list?.all() ?? []).flatMap(({ socket }) => socket ?? []);
  return new Set([...acceptedSockets(server), ...sockets.map((socket) => underTls(socket) ?? socket)]);
}

/** How many accepted connections are not among `listed`. `undefined` if Node does not count them any more. */
export function countUnlisted(server: Server, listed: ReadonlySet<object>): number | undefined {
  const { _connections: count } = server as ServerInside;
  return count === undefined ? undefined : count - [...listed].filter((socket) => isCounted(socket, server)).length;
}

/** Sockets that other code handed to the server are not counted. */
function isCounted(socket: { destroyed?: boolean; _server?: unknown }, server: Server): boolean {
  return socket.destroyed === false && socket._server === server;
}
