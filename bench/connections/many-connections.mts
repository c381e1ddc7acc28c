// Many live TCP connections: the accepted ends. Each has sent something, and the client has acknowledged it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";

const CHILD = join(import.meta.dirname, "../children/hold-connections.mts");
const DESCRIPTORS_FOR_OTHER_THINGS = 200;

/**
 * Opens fewer connections than wanted where the limit of descriptors allows no more. With `unreadBytes`, the clients
 * read nothing, and so many bytes are written to each.
 */
export async function withManyConnections<T>(
  wanted: number,
  use: (sockets: readonly Socket[], server: Server) => Promise<T>,
  unreadBytes = 0,
): Promise<T> {
  const count = Math.min(wanted, descriptorLimit() - DESCRIPTORS_FOR_OTHER_THINGS);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {}).write(unreadBytes > 0 ? Buffer.alloc(unreadBytes) : "hello");
    sockets.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const child = fork(CHILD, [String(port), String(count), unreadBytes > 0 ? "stop" : "read"]);
  try {
    const isReady = unreadBytes > 0 ? () => true : isAcknowledged;
    while (sockets.length < count || !sockets.every(isReady)) {
      if (child.exitCode !== null) throw new Error(`the other process ended with ${child.exitCode}`);
      await sleep(20);
    }
    return await use(sockets, server);
  } finally {
    child.kill();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** Node raises the soft limit to the hard one when it starts. */
function descriptorLimit(): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return soft === "unlimited" ? Infinity : Number(soft);
}

function isAcknowledged(socket: Socket): boolean {
  return (getTcpInfo(socket) as { bytesAcked?: number }).bytesAcked === socket.bytesWritten;
}
