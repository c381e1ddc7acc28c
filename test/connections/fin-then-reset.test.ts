// The client closes in order while the server is busy. What the server writes next is answered by a reset: EPIPE.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { trackConnections, type Connection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, socketPath } from "../helpers/servers";

/** This thread does nothing meanwhile, so that Node does not see what the client does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Writes two bytes more when the client has closed, one after the other. */
function writeOn(socket: Socket): void {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write("1");
    block(300);
    socket.write("2");
    block(50);
    socket.write("3");
  });
}

describe.skipIf(lacks("linux", "python"))("a client that another process is", () => {
  test.each([
    ["fin", "client-end", "EPIPE"],
    ["rst", "client-reset", "ECONNRESET"],
  ])("%s: %s", async (how, reason, code) => {
    const server = await listen(net.createServer({ allowHalfOpen: true }, writeOn));
    const closed = once(trackConnections(server), "closed");
    const script = join(import.meta.dirname, "fin-then-reset.py");
    const client = spawn("python3", [script, String((server.address() as AddressInfo).port), how]);
    onTestFinished(() => void client.kill());
    const [connection] = (await closed) as [Connection];
    expect([connection.closeReason, connection.toJSON().closeError]).toEqual([reason, code]);
  });
});

test("a Unix socket, which has no reset", async () => {
  const server = await listen(net.createServer(), { path: socketPath() });
  const closed = once(trackConnections(server), "closed");
  const client = net.connect(server.address() as unknown as string);
  const [[socket]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [[Socket], unknown];
  socket.on("error", () => {});
  client.destroy();
  await once(client, "close");
  // In the same turn, before Node reads the end.
  socket.write("x");
  const [connection] = (await closed) as [Connection];
  expect(connection.closeReason).toBe("client-end");
});
