// Connections that this process has opened itself and hands to a server, as for a reverse tunnel. Linux counts their
// SYN in `bytesAcked`. What the other end did is the truth.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import type { LinuxTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { listen, portOf } from "../../helpers/servers";
import { overNetworkPath } from "../helpers/network-path";
import { follow } from "./helpers";

/** `socket` belongs to a server with a tracker, and `far` is its other end. Both have sent something. */
async function dialOut(): Promise<ReturnType<typeof follow> & { socket: Socket; far: Socket }> {
  const relay = await listen(createServer());
  const server = createHttpServer((_, res) => res.end("ok"));
  const followed = follow(server);
  const accepted = once(relay, "connection") as Promise<[Socket]>;
  const socket = connect(portOf(relay), "127.0.0.1");
  await once(socket, "connect");
  server.emit("connection", socket);
  const [far] = await accepted;
  far.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(far, "data");
  return { ...followed, socket, far };
}

describe.skipIf(lacks("linux"))("a connection that this process has opened", () => {
  test("a reset after all bytes were acknowledged: the FIN was not delivered", async () => {
    const { far, nextEnd } = await dialOut();
    far.resetAndDestroy();
    const { connection, outcome } = await nextEnd();
    expect(connection.closeReason).toBe("client-reset");
    expect(outcome).toMatchObject({ end: "client-reset", lostBytes: 0, possiblyLostBytes: 0 });
  });

  test("an end in order: the SYN and the FIN count as one byte each", async () => {
    const { far, socket, nextEnd } = await dialOut();
    socket.end();
    far.resume();
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
    const { bytesAcked, bytesSent } = outcome.tcpInfo as LinuxTcpInfo;
    expect(bytesSent).toBe(far.bytesRead);
    expect(bytesAcked).toBe(far.bytesRead + 2);
  });
});

test.skipIf(lacks("linux"))("a connection that the server gets while it is connecting", async () => {
  const relay = await listen(createServer((far) => void far.resume().end()));
  const server = createServer();
  const { nextEnd } = follow(server);
  server.emit("connection", connect(portOf(relay), "127.0.0.1").resume());
  const { outcome } = await nextEnd();
  expect(outcome).toMatchObject({ end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
});

interface Report {
  readonly outcome: { end: string; unknownReason?: string; lostBytes?: number; possiblyLostBytes?: number };
  readonly written: number;
  readonly received: number;
  readonly acked: boolean | undefined;
}

describe.skipIf(lacks("linux", "tun", "compiler"))("one byte that is never acknowledged", () => {
  const run = overNetworkPath<Report>("after-close/outgoing-over-lossy-path.mjs");

  test("after the close", async () => {
    const { outcome, written, received } = await run("vanish");
    expect(received).toBe(written - 1);
    expect(outcome).toMatchObject({ end: "timed-out", lostBytes: 0, possiblyLostBytes: 1 });
  });

  test("before a reset: measureRequest() does not take it for acknowledged", async () => {
    const { outcome, written, received, acked } = await run("reset");
    expect(received).toBe(written - 1);
    expect(outcome).toMatchObject({ end: "client-reset", lostBytes: 0, possiblyLostBytes: 1 });
    expect(acked).toBe(false);
  });

  test("already under way when the server gets the connection: the counters allow two ends", async () => {
    const { outcome } = await run("late");
    expect(outcome).toMatchObject({ end: "unknown", unknownReason: "ambiguous" });
  });
});
