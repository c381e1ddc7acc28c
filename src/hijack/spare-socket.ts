// A message whose connection has another owner.
import type { IncomingMessage } from "node:http";

/**
 * From now on destroying `message` leaves its socket alone. Node's own `_destroy()` destroys both, unless the message
 * has ended.
 */
export function spareSocket(message: IncomingMessage): void {
  Object.defineProperty(message, "_destroy", { value: destroyAlone, configurable: true, writable: true });
}

/** Reports an error only to listeners, as Node's own does. */
function destroyAlone(this: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  process.nextTick(() => callback(this.listenerCount("error") > 0 ? error : null));
}
