// TLSSocket → what it reads from; server → the sockets that it has accepted. For rings that follow connections, not requests.
import { Socket, type Server } from "node:net";

/** What `socket` was made from by TLS: the accepted socket, or the Duplex that was injected. `undefined` for what is not of TLS. */
export function underTls(socket: object): object | undefined {
  const { _parent, _handle } = socket as {
    _parent?: object | null;
    _handle?: { _parentWrap?: { stream?: object } | null } | null;
  };
  return _parent ?? _handle?._parentWrap?.stream;
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
