// `local` and `remote` of a connection, against the addresses of the client's socket.
import { once } from "node:events";
import net, { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { trackConnections, type Connection, type ConnectionTracker } from "sockinfo/connections";
import { expect, onTestFinished, test } from "vitest";

/** macOS has only one loopback address. */
const SECOND = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

async function listenAt(server: Server, host: string): Promise<number> {
  server.listen({ port: 0, host });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function visit(tracker: ConnectionTracker<undefined>, host: string, port: number): Promise<void> {
  const fresh = once(tracker, "new") as Promise<[Connection]>;
  const client = net.connect({ port, host });
  await once(client, "connect");
  const [{ local, remote, socket }] = await fresh;
  const family = client.remoteFamily;
  expect(local).toEqual({ family, address: client.remoteAddress, port: client.remotePort });
  expect(remote).toEqual({ family, address: client.localAddress, port: client.localPort });
  const closed = once(tracker, "closed") as Promise<[Connection]>;
  client.resetAndDestroy();
  // After the end the system no longer knows the addresses.
  expect((await closed)[0]).toMatchObject({ local, remote, socket });
}

test("a server that listens at one address, then at another, then at all", async () => {
  const server = createServer((socket: Socket) => socket.on("error", () => {}));
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  for (const [host, ...reached] of [
    ["127.0.0.1", "127.0.0.1"],
    [SECOND, SECOND],
    ["0.0.0.0", "127.0.0.1", SECOND],
  ] as const) {
    const port = await listenAt(server, host);
    for (const address of reached) await visit(tracker, address, port);
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a server that listens at all addresses, reached by IPv6 and by IPv4", async () => {
  const server = createServer((socket: Socket) => socket.on("error", () => {}));
  const tracker = trackConnections(server);
  onTestFinished(() => {
    tracker.close();
    server.close();
  });
  const port = await listenAt(server, "::");
  await visit(tracker, "::1", port);
  const fresh = once(tracker, "new") as Promise<[Connection]>;
  const client = net.connect({ port, host: "127.0.0.1" });
  await once(client, "connect");
  const [{ local, remote }] = await fresh;
  expect(local).toEqual({ family: "IPv6", address: "::ffff:127.0.0.1", port });
  expect(remote).toEqual({ family: "IPv6", address: "::ffff:127.0.0.1", port: client.localPort });
  client.destroy();
});

test("an address that other code has put on the socket, as for the PROXY protocol", async () => {
  const inner = createServer();
  const outer = createServer((socket: Socket) => {
    const value = (property: unknown) => ({ value: property, configurable: true });
    Object.defineProperties(socket, { remoteAddress: value("192.0.2.7"), remotePort: value(4711) });
    inner.emit("connection", socket);
  });
  const port = await listenAt(outer, "127.0.0.1");
  const tracker = trackConnections(inner);
  onTestFinished(() => {
    tracker.close();
    outer.close();
  });
  const fresh = once(tracker, "new") as Promise<[Connection]>;
  const client = net.connect({ port, host: "127.0.0.1" });
  const [{ remote }] = await fresh;
  expect(remote).toEqual({ family: "IPv4", address: "192.0.2.7", port: 4711 });
  client.destroy();
});

test("a socket that another server accepted has that server's address", async () => {
  const inner = createServer();
  await listenAt(inner, SECOND);
  const outer = createServer((socket: Socket) =>
    inner.emit(
      "connection",
      socket.on("error", () => {}),
    ),
  );
  const port = await listenAt(outer, "127.0.0.1");
  const tracker = trackConnections(inner);
  onTestFinished(() => {
    tracker.close();
    inner.close();
    outer.close();
  });
  await visit(tracker, "127.0.0.1", port);
});
