// Many live TCP connections: the accepted ends. Each has sent something, and the client has acknowledged it.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";
import { descriptorLimit, forkWithDescriptors } from "./descriptors.mts";

const CHILD = join(import.meta.dirname, "../children/hold-connections.mts");
const DESCRIPTORS_FOR_OTHER_THINGS = 400;

export interface ManyConnections {
  readonly sockets: readonly Socket[];
  readonly server: Server;
  /** Opens so many more connections, and closes them again. */
  openAndClose(count: number): Promise<void>;
}

interface Options {
  /** The clients read nothing, and so many bytes are written to each. */
  readonly unreadBytes?: number;
  /** Called with the server before the first connection. */
  readonly prepare?: (server: Server) => unknown;
}

/** Opens fewer connections than wanted where the limit of descriptors allows no more. */
export async function withManyConnections<T>(
  wanted: number,
  use: (connections: ManyConnections) => Promise<T>,
  { unreadBytes = 0, prepare }: Options = {},
): Promise<T> {
  const count = Math.min(wanted, descriptorLimit() - DESCRIPTORS_FOR_OTHER_THINGS);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {}).write(unreadBytes > 0 ? Buffer.alloc(unreadBytes) : "hello");
    if (sockets.length < count) sockets.push(socket);
  });
  prepare?.(server);
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const child = forkWithDescriptors(CHILD, [String(port), String(count), unreadBytes > 0 ? "stop" : "read"]);
  const openAndClose = async (more: number): Promise<void> => {
    child.send(more);
    await once(child, "message");
  };
  try {
    const isReady = unreadBytes > 0 ? () => true : isAcknowledged;
    while (sockets.length < count || !sockets.every(isReady)) {
      if (child.exitCode !== null) throw new Error(`the other process ended with ${child.exitCode}`);
      await sleep(20);
    }
    return await use({ sockets, server, openAndClose });
  } finally {
    child.kill();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function isAcknowledged(socket: Socket): boolean {
  return (getTcpInfo(socket) as { bytesAcked?: number }).bytesAcked === socket.bytesWritten;
}
