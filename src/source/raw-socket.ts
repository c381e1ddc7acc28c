// Undocumented properties of Node's sockets: the streams that TLS and HTTP/2 wrap, and the server that has accepted a
// socket.
import { Socket, type Server } from "node:net";

/** The accepted socket, or injected Duplex, that a TLSSocket wraps. `undefined` for any other socket. */
export function underTls(socket: object): object | undefined {
  const parent = readParent(socket);
  if (parent) return parent;
  const handle = readHandle(socket);
  const wrap = handle && readParentWrap(handle);
  return wrap && readStream(wrap);
}

const readParent = unpolluted((socket: { _parent?: object | null }) => socket._parent);
const readHandle = unpolluted((socket: { _handle?: object | null }) => socket._handle);
const readParentWrap = unpolluted((handle: { _parentWrap?: object | null }) => handle._parentWrap);
const readStream = unpolluted((wrap: { stream?: object | null }) => wrap.stream);
const readServer = unpolluted((socket: { _server?: object | null }) => socket._server);

/**
 * Ignores a property of a polluted Object.prototype, by which all sockets would seem to wrap the same one. Compares
 * values, because HTTP/2's proxies of sockets have no own keys. A property that throws leads nowhere. V8 reads a
 * property much faster if its name is in the code and not in a variable.
 */
function unpolluted(read: (object: object) => object | null | undefined): (object: object) => object | undefined {
  return (object) => {
    try {
      const value = read(object);
      return value === read(Object.prototype) ? undefined : (value ?? undefined);
    } catch {
      return undefined;
    }
  };
}

/** The injected Duplex that an HTTP/2 session has wrapped in a socket. */
export function underSession(socket: object): object | undefined {
  return (socket as { stream?: object }).stream;
}

/** The open sockets that `server` has accepted, by the event loop's handles. Node has no public list. */
export function acceptedSockets(server: Server): Socket[] {
  const { _getActiveHandles } = process as { _getActiveHandles?: () => unknown[] };
  const handles = _getActiveHandles?.call(process) ?? [];
  return handles.filter((handle): handle is Socket => handle instanceof Socket && isAcceptedBy(handle, server));
}

/** False for a socket that other code hands to the server, until the server has taken that socket. */
export function isAcceptedBy(socket: Socket, server: Server): boolean {
  return (socket as { server?: unknown }).server === server;
}

/** Whether a server of Node has accepted the socket, or the one under its TLS. */
export function wasAccepted(socket: object): boolean {
  for (let inner: object | undefined = socket; inner; inner = underTls(inner)) {
    if (readServer(inner)) return true;
  }
  return false;
}

/** Whether a response of HTTP/1 is under way on the socket. */
export function isAnswering(socket: Socket): boolean {
  const { _httpMessage } = socket as { _httpMessage?: object | null };
  return _httpMessage !== undefined && _httpMessage !== null;
}
