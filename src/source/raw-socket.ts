// TLSSocket → what it reads from; server → the sockets that it has accepted. For rings that follow connections, not requests.
import { Socket, type Server } from "node:net";

/** What `socket` was made from by TLS: the accepted socket, or the Duplex that was injected. `undefined` for what is not of TLS. */
export function underTls(socket: object): object | undefined {
  const parent = readUnpolluted(socket, "_parent");
  if (parent) return parent;
  const handle = readUnpolluted(socket, "_handle");
  const wrap = handle && readUnpolluted(handle, "_parentWrap");
  return wrap && readUnpolluted(wrap, "stream");
}

/**
 * Ignores what a polluted Object.prototype has, because all sockets would seem to be over the same one. It compares
 * values, because HTTP/2's proxies of sockets have no own keys.
 */
function readUnpolluted(object: object, key: string): object | undefined {
  const value = (object as Record<string, object | null | undefined>)[key];
  return value === (Object.prototype as Record<string, unknown>)[key] ? undefined : (value ?? undefined);
}

/** What an HTTP/2 session put around a Duplex that was injected. */
export function underSession(socket: object): object | undefined {
  return (socket as { stream?: object }).stream;
}

/** The open sockets that `server` accepted, as the event loop knows them: Node keeps no public list. */
export function acceptedSockets(server: Server): Socket[] {
  const { _getActiveHandles } = process as { _getActiveHandles?: () => unknown[] };
  const handles = _getActiveHandles?.call(process) ?? [];
  return handles.filter((handle): handle is Socket => handle instanceof Socket && isAcceptedBy(handle, server));
}

/** False of a socket that was handed on from elsewhere, until the server has made it its own. */
export function isAcceptedBy(socket: Socket, server: Server): boolean {
  return (socket as { server?: unknown }).server === server;
}

/** Whether a response of HTTP/1 is under way on it. */
export function isAnswering(socket: Socket): boolean {
  const { _httpMessage } = socket as { _httpMessage?: object | null };
  return _httpMessage !== undefined && _httpMessage !== null;
}
