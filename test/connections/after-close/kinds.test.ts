// The outcome for each kind of server and of address, and the reasons of connections that have none. Compared with the
// bytes that the client's socket has read.
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { LinuxTcpInfo } from "sockinfo";
import { trackConnections } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { makePair } from "../../helpers/duplex-pair";
import { connect } from "../../helpers/http-clients";
import { KINDS, makeServer, open } from "../../helpers/http-servers";
import { lacks } from "../../helpers/needs";
import { listen, until } from "../../helpers/servers";
import { overNetworkPath } from "../helpers/network-path";
import { follow, startClient } from "./helpers";

describe.skipIf(lacks("linux")).each(KINDS.filter((kind) => kind !== "unix"))("%s", (kind) => {
  test("the client gets all", async () => {
    const server = await open(makeServer(kind), kind);
    const { nextEnd } = follow(server);
    const client = await connect(server, kind);
    await client.get();
    client.end();
    const { connection, outcome } = await nextEnd();
    expect(connection.requests.served).toBe(1);
    expect(outcome).toMatchObject({ end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
    // The FIN counts as one byte. Node's client may close before it has read the last bytes of TLS or HTTP/2.
    const { bytesAcked, bytesSent, retransmittedBytes } = outcome.tcpInfo as LinuxTcpInfo;
    // A busy machine may answer so late that bytes are sent again.
    expect(bytesAcked).toBe((bytesSent as number) - (retransmittedBytes as number) + 1);
    expect(client.wire.bytesRead).toBeLessThanOrEqual(bytesSent as number);
    expect(client.wire.bytesRead).toBeGreaterThan(0);
  });
});

describe.skipIf(lacks("linux", "python"))("the family", () => {
  test.each([
    ["IPv4", "127.0.0.1", "127.0.0.1"],
    ["IPv6", "::1", "::1"],
    ["IPv4 at a server of both", "::", "127.0.0.1"],
    ["IPv6 at a server of both", "::", "::1"],
  ])("%s", async (_, host, address) => {
    const server = createHttpServer((_req, res) => res.writeHead(200, { Connection: "close" }).end("ok"));
    await listen(server, { host, port: 0 });
    const { nextEnd } = follow(server);
    const client = await startClient(server, "read", address);
    const { connection, outcome } = await nextEnd();
    const { read } = await client.report;
    expect(connection.remote).toMatchObject({ port: client.port });
    expect(outcome).toMatchObject({ end: "delivered", lostBytes: 0, tcpInfo: { bytesAcked: read + 1 } });
  });
});

describe("a connection without TCP", () => {
  test("of a Unix socket", async () => {
    const server = await open(makeServer("unix"), "unix");
    const { nextEnd } = follow(server);
    const client = await connect(server, "unix");
    client.end();
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "unknown", unknownReason: "no-tcp-info", tcpInfo: undefined });
    expect(outcome.error).toMatchObject({ code: "ERR_SOCKINFO_NOT_TCP" });
  });

  test("of an injected stream", async () => {
    const server = createServer();
    const { nextEnd } = follow(server);
    const [near, far] = makePair();
    server.emit("connection", near);
    near.destroy();
    far.destroy();
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "unknown", unknownReason: "no-tcp-info", lostBytes: undefined });
    expect(outcome.error).toMatchObject({ code: "ERR_SOCKINFO_NO_SOCKET" });
  });

  test("that `context` refused has no outcome", async () => {
    const server = await open(makeServer("http"));
    const tracker = trackConnections(server, {
      afterClose: true,
      context: () => {
        throw new Error("no");
      },
    });
    const events: string[] = [];
    tracker.on("contextError", () => events.push("contextError"));
    tracker.on("destroyed", () => events.push("destroyed"));
    const client = await connect(server, "http");
    await until(() => events.length > 0 && client.wire.destroyed);
    tracker.close();
    expect(events).toEqual(["contextError"]);
  });
});

interface Vanished {
  readonly written: number;
  readonly received: number;
  readonly outcome: { end: string; lostBytes: number; possiblyLostBytes: number; durationMs: number };
  readonly final: LinuxTcpInfo;
}

describe.skipIf(lacks("linux", "tun", "compiler"))("over a path that can lose everything", () => {
  const run = overNetworkPath<Vanished>("after-close/over-lossy-path.mjs");

  test("a client that has vanished: timed out", async () => {
    const { written, received, outcome, final } = await run("vanish");
    expect(outcome.end).toBe("timed-out");
    expect(final.state).not.toBe("CLOSED");
    expect(received).toBeLessThanOrEqual(written - outcome.lostBytes);
    expect(received).toBeGreaterThanOrEqual(written - outcome.lostBytes - outcome.possiblyLostBytes);
    expect(outcome.possiblyLostBytes).toBeGreaterThan(0);
  });

  test("a client that has everything and vanishes before the FIN", async () => {
    const { written, received, outcome } = await run("vanish-at-end");
    expect(outcome).toMatchObject({ end: "delivered-fin-unacked", lostBytes: 0, possiblyLostBytes: 0 });
    expect(received).toBe(written);
  });

  test("a client that resets while segments are lost: a reset, and no timeout", async () => {
    const { outcome } = await run("reset");
    expect(outcome.end).toBe("client-reset");
    expect(outcome.possiblyLostBytes).toBeGreaterThan(0);
  });
});
