// The undocumented parts of Node's servers that listenUnix() relies on.
import type { Server } from "node:net";

interface ServerInternals {
  /** What `address()` returns for servers on Unix sockets. */
  _pipeName?: string;
  _handle?: { readonly fd?: number; close(callback?: () => void): void } | null;
}

/** Makes `server.address()` return `path`, as if Node had bound the socket. */
export function setAddress(server: Server, path: string): void {
  (server as ServerInternals)._pipeName = path;
}

/** Whether the server listens, and on this descriptor. */
export function listensOn(server: Server, fd: number): boolean {
  return (server as ServerInternals)._handle?.fd === fd;
}

/** Calls `run` when the server closes, at the last moment in which its listening descriptor is open. */
export function beforeClosing(server: Server, run: () => void): void {
  const { _handle: handle } = server as ServerInternals;
  if (!handle) return;
  const { close } = handle;
  handle.close = function (...parameters) {
    run();
    return close.apply(this, parameters);
  };
}
