// Resets a connection, or destroys it if its kind has no reset.
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * `over` is TLS over `wire`, or `wire` itself. While either is being ended, libuv refuses a reset. Node 20 to 26
 * then keep the descriptor for ever and emit no 'close'.
 */
export function reset(wire: Duplex, over: Duplex = wire): void {
  if (wire.writableEnded || over.writableEnded) {
    wire.destroy();
    return;
  }
  try {
    (wire as Socket).resetAndDestroy();
  } catch {
    // The connection is TLS, a Unix socket, or a stream in memory.
    wire.destroy();
  }
}
