// What of Node's net.Server is used here that its documentation does not have. Used by listen-unix.ts.
import type { Server } from "node:net";

interface ServerInside {
  /** What `address()` gives for servers on Unix sockets. */
  _pipeName?: string;
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
