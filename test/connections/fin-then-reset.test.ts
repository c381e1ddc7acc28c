// The client closes while the server is busy. The kernel answers the server's next write with a reset, and Node gets
// EPIPE.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { getTcpInfo, type TcpState } from "sockinfo";
import { trackConnections, type Connection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, socketPath } from "../helpers/servers";

/** Blocks this thread, so that Node does not see what the client does. */
function blockUntilTcpIs(state: TcpState, socket: Socket): void {
  for (let waits = 0; getTcpInfo(socket).state !== state; waits++) {
    if (waits > 10_000) throw new Error(`TCP is in ${getTcpInfo(socket).state} and not in ${state}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** Writes after the client has closed, and again after the reset. */
function writeOn(socket: Socket, afterClose: TcpState): void {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write("1");
    blockUntilTcpIs(afterClose, socket);
    socket.write("2");
    blockUntilTcpIs("CLOSED", socket);
    socket.write("3");
  });
}

describe.skipIf(lacks("linux", "python"))("a client in another process", () => {
  test.each([
    ["fin", "CLOSE_WAIT", "client-end", "EPIPE"],
    ["rst", "CLOSED", "client-reset", "ECONNRESET"],
  ] as const)("sends %s, TCP is in %s: the reason is %s", async (how, state, reason, code) => {
    const server = await listen(net.createServer({ allowHalfOpen: true }, (socket) => writeOn(socket, state)));
    const closed = once(trackConnections(server), "closed");
    const script = join(import.meta.dirname, "fin-then-reset.py");
    const client = spawn("python3", [script, String((server.address() as AddressInfo).port), how]);
    onTestFinished(() => void client.kill());
    const [connection] = (await closed) as [Connection];
    expect([connection.closeReason, connection.toJSON().closeError]).toEqual([reason, code]);
  });
});

test("a client of a Unix socket, which has no reset, has closed", async () => {
  const server = await listen(net.createServer(), { path: socketPath() });
  const closed = once(trackConnections(server), "closed");
  const client = net.connect(server.address() as unknown as string);
  const [[socket]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [[Socket], unknown];
  socket.on("error", () => {});
  client.destroy();
  await once(client, "close");
  // In the same turn of the event loop, before Node reads the end.
  socket.write("x");
  const [connection] = (await closed) as [Connection];
  expect(connection.closeReason).toBe("client-end");
});
