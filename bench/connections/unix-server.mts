// A server on a Unix socket, and connections to it from this process.
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface UnixServer {
  readonly path: string;
  readonly server: Server;
  /** Opens connections and returns the accepted ends. `close` closes both ends of each. */
  connect(count: number): Promise<{ readonly accepted: readonly Socket[]; close(): Promise<void> }>;
}

export async function withUnixServer<T>(use: (server: UnixServer) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
  const path = join(folder, "socket");
  const server = createServer();
  server.listen({ path, backlog: 1024 });
  await once(server, "listening");
  // Processes of other users connect, too.
  chmodSync(folder, 0o755);
  chmodSync(path, 0o777);
  try {
    return await use({ path, server, connect: (count) => connect(server, path, count) });
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function connect(server: Server, path: string, count: number): ReturnType<UnixServer["connect"]> {
  const accepted: Socket[] = [];
  const complete = new Promise<void>((resolve) => {
    server.on("connection", function collect(socket: Socket) {
      if (accepted.push(socket) < count) return;
      server.off("connection", collect);
      resolve();
    });
  });
  const clients = Array.from({ length: count }, () => createConnection(path));
  await complete;
  return { accepted, close: () => destroyAll([...accepted, ...clients]) };
}

async function destroyAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => once(socket.on("error", () => {}).destroy(), "close")));
}
