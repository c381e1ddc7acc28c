// Makes a request or response leave its socket open when it is destroyed, because the connection has another owner.
import type { IncomingMessage } from "node:http";
import { defineHidden } from "../core";

/** Node's own `_destroy()` also destroys the socket, unless the message has ended. */
export function leaveSocketOpen(message: IncomingMessage): void {
  defineHidden(message, "_destroy", destroyMessage);
}

/** Like Node's own, it reports an error only if there are listeners. */
function destroyMessage(this: IncomingMessage, error: Error | null, callback: (error?: Error | null) => void): void {
  process.nextTick(() => callback(this.listenerCount("error") > 0 ? error : null));
}
