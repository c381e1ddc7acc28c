// Connections over loopback or a Unix socket, which are closed at the end of their test.
import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import {
  createConnection,
  createServer,
  type AddressInfo,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";

/** Listens, and closes the server and all its connections at the end of the test. */
export async function listen<S extends Server>(
  server: S,
  options: ListenOptions = { host: "127.0.0.1", port: 0 },
): Promise<S> {
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  });
  server.listen(options);
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Both ends of one connection to a new server. */
export async function connectPair(
  options?: ListenOptions,
): Promise<{ server: Server; client: Socket; accepted: Socket }> {
  const server = await listen(createServer({ allowHalfOpen: true }), options);
  const client = options?.path
    ? createConnection({ path: options.path, allowHalfOpen: true })
    : createConnection({ port: portOf(server), host: options?.host ?? "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {});
  onTestFinished(() => void client.destroy());
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];
  return { server, client, accepted };
}

/** A path for a Unix socket, in a folder that other users can enter. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "socket");
}

/** Below the range of ephemeral ports, so that no other test gets the port meanwhile. */
export async function findFreePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const probe = createServer().listen(port);
  const free = await once(probe, "listening").then(
    () => true,
    () => false,
  );
  probe.close();
  return free ? port : findFreePort();
}

/** Waits until `condition` holds; fails after thirty seconds, because a busy machine may need ten. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not true within thirty seconds: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
