// What Node's HTTP server and client have in common that its documentation does not have.
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";

/** One of Node's own listeners, by its name. */
export function listenerOf(emitter: EventEmitter, event: string, name: string): ((data?: Buffer) => void) | undefined {
  return (emitter.listeners(event) as ((data?: Buffer) => void)[]).find((listener) => listener.name === name);
}

/** Of no length, and yet somewhere in memory: the parser takes a buffer that is nowhere for the end of the connection. */
export function noBytes(): Buffer {
  return Buffer.allocUnsafeSlow(1).subarray(0, 0);
}

/** Takes all that the parser has given to a message and nobody has read. */
export function takeBuffered(message: IncomingMessage): Buffer {
  const { readableLength } = message;
  // With a length: from Node 26 on, read() without one gives the first piece only.
  return readableLength > 0 ? (message.read(readableLength) as Buffer) : Buffer.alloc(0);
}
