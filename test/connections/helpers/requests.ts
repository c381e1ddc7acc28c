// Tracked servers, and requests with bodies whose end can be seen on the wire.
import { once } from "node:events";
import type { ListenOptions, Server, Socket } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { listen } from "../../helpers/servers";

/** Tracks the server and listens. Closes both at the end of the test. */
export async function startTracked<S extends Server>(server: S, options?: ListenOptions): Promise<S> {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  return listen(server, options);
}

export const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
export const postOf = (length: number): string => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** A body whose last byte is its only "!". */
export const bodyOf = (length: number): string => Buffer.alloc(length - 1, "x") + "!";

/** Waits until a client has read all of a `bodyOf`. */
export async function wholeBody(client: Socket): Promise<void> {
  for (let last; last !== "!";) {
    const [chunk] = (await once(client, "data")) as [Buffer];
    last = String.fromCharCode(chunk.at(-1) ?? 0);
  }
}
