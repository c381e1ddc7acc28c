// The open connections of a server by Node's own lists, and the number of connections that these lists lack.
import type { Server } from "node:net";
import { acceptedSockets, underTls } from "./raw-socket";

const HTTP1_LIST = "http.server.connections";

/** Node's ConnectionsList: the parsers of all connections. */
interface Http1List {
  all(): { readonly socket?: object | null }[];
}

/**
 * The open connections that Node lists, each as the socket below TLS. The event loop lists referenced sockets. The
 * list of an HTTP/1 server also has `unref()`ed sockets, and those that other code handed to the server.
 */
export function openConnections(server: Server): Set<object> {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === HTTP1_LIST);
  const list = symbol && (server as unknown as Record<symbol, Http1List>)[symbol];
  const sockets = (list?.all() ?? []).flatMap(({ socket }) => socket ?? []);
  return new Set([...acceptedSockets(server), ...sockets.map((socket) => underTls(socket) ?? socket)]);
}

/** How many accepted connections `listed` lacks. `undefined` if this version of Node does not count connections. */
export function countUnlisted(server: Server, listed: ReadonlySet<object>): number | undefined {
  const { _connections: count } = server as { _connections?: number };
  return count === undefined ? undefined : count - [...listed].filter((socket) => isCounted(socket, server)).length;
}

/** Node does not count sockets that other code handed to the server. */
function isCounted(socket: { destroyed?: boolean; _server?: unknown }, server: Server): boolean {
  return socket.destroyed === false && socket._server === server;
}
