// Connections that this side ends: by destroyed sockets and sessions, by Connection: close, and by methods of the
// server.
import type { Http2ServerRequest, ServerHttp2Session } from "node:http2";
import type { RequestListener } from "node:http";
import type { LinuxTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { HTTP1, HTTP2, KINDS, makeServer, nodeMajor, type Kind } from "../helpers/http-servers";
import { begin, beginIdle, beginInFlight } from "./helpers/stories";

const DESTROYED = { reason: "server-destroy", tcp: ["ESTABLISHED"] } as const;
/** The kernel decides how soon the client answers our FIN. */
const ENDED = { reason: "server-end", tcp: ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED"] } as const;

describe.each(KINDS)("%s", (kind) => {
  test("destroy() of the accepted socket, when idle", async () => {
    const { connection, story } = await beginIdle(kind);
    connection.socket.destroy();
    await story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
  });

  test("destroy() of the accepted socket, before any request", async () => {
    const { connection, story } = await begin(kind);
    connection.socket.destroy();
    await story.expect({ ...DESTROYED, states: "new closed" });
  });

  test("socket.destroy(error)", async () => {
    const { connection, story } = await beginIdle(kind);
    const error = Object.assign(new Error("enough"), { code: "ENOUGH" });
    connection.socket.on("error", () => {}).destroy(error);
    await story.expect({ ...DESTROYED, reason: "error", code: "ENOUGH", states: "new active idle closed", served: 1 });
    expect(connection.closeError).toBe(error);
  });
});

// Unix sockets have no RST.
test.each(KINDS.filter((kind) => kind !== "unix"))("%s: resetAndDestroy() of the accepted socket", async (kind) => {
  const { connection, story } = await beginIdle(kind);
  connection.socket.resetAndDestroy();
  await story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
});

describe.each(HTTP1)("%s", (kind) => {
  test("destroy() of the handler's socket, a request in flight", async () => {
    const { connection, story } = await beginInFlight(kind);
    (connection.tlsSocket ?? connection.socket).destroy();
    await story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
  });

  test("end() of the handler's socket, when idle", async () => {
    const { connection, story } = await beginIdle(kind);
    (connection.tlsSocket ?? connection.socket).end();
    await story.expect({ ...ENDED, states: "new active idle closed", served: 1 });
  });

  test("Connection: close", async () => {
    const { client, story } = await begin(kind, (_, res) => res.setHeader("connection", "close").end("ok"));
    await client.get();
    await story.expect({ ...ENDED, states: "new active closed", served: 1 });
  });
});

const canCall =
  (method: "closeAllConnections" | "closeIdleConnections") =>
  (kind: Kind): boolean =>
    method in makeServer(kind);

test.each(HTTP1.filter(canCall("closeAllConnections")))(
  "%s: closeAllConnections(), a request in flight",
  async (kind) => {
    const { server, story } = await beginInFlight(kind);
    server.closeAllConnections();
    await story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
  },
);

// On Node 20.11 http2 servers lack this method.
describe.each(HTTP1.filter(canCall("closeIdleConnections")))("%s", (kind) => {
  test("closeIdleConnections() closes an idle connection", async () => {
    const { server, story } = await beginIdle(kind);
    server.closeIdleConnections();
    await story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
  });

  test("closeIdleConnections() leaves an active connection", async () => {
    const { server, story, connection, client } = await beginInFlight(kind);
    server.closeIdleConnections();
    expect(connection).toMatchObject({ state: "active", closeReason: undefined });
    client.end();
    await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states: "new active closed", inFlight: 1 });
  });

  test("server.close() closes an idle connection", async () => {
    const { server, story } = await beginIdle(kind);
    server.close();
    await story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
  });
});

describe.each(HTTP2)("%s", (kind) => {
  const inHandler = (act: (session: ServerHttp2Session) => void): RequestListener =>
    ((req: Http2ServerRequest) => act(req.stream.session as ServerHttp2Session)) as never;

  test("session.destroy()", async () => {
    const { story, client } = await begin(
      kind,
      inHandler((session) => session.destroy()),
    );
    client.send("/");
    await story.expect({ ...ENDED, states: "new active closed", inFlight: 1 });
  });

  test("session.destroy(error code)", async () => {
    const { story, client } = await begin(
      kind,
      inHandler((session) => session.destroy(undefined, 11)),
    );
    client.send("/");
    await story.expect({ ...ENDED, states: "new active closed", inFlight: 1 });
  });

  test("session.close() during a response", async () => {
    const { story, client } = await begin(kind, ((req: Http2ServerRequest, res: { end(text: string): void }) => {
      req.stream.session?.close();
      res.end("ok");
    }) as never);
    client.send("/");
    await story.expect({ ...ENDED, states: "new active closed", served: 1 });
  });

  test("destroy() of the accepted socket, a stream in flight", async () => {
    const { connection, story } = await beginInFlight(kind);
    connection.socket.destroy();
    await story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
  });

  test(`server.close() ${nodeMajor < 24 ? "leaves its sessions alone" : "closes its sessions"}`, async () => {
    const { server, story, connection, client } = await beginIdle(kind);
    server.close();
    if (nodeMajor >= 24) {
      await story.expect({ ...ENDED, states: "new active idle closed", served: 1 });
      return;
    }
    await client.get();
    expect(connection).toMatchObject({ state: "idle", requests: { served: 2 } });
    client.end();
    await story.expect({
      reason: "client-end",
      tcp: ["CLOSED", "LAST_ACK"],
      states: "new active idle active idle closed",
      served: 2,
    });
  });
});

test.skipIf(lacks("linux"))(
  "unackedSegments includes the FIN of this side, although all data has arrived",
  async () => {
    const { connection, story, client } = await begin("http", (_, res) => res.end("ok"));
    await client.get();
    // Wait until all data is acknowledged, before the FIN leaves.
    await until(() => (connection.getTcpInfo() as LinuxTcpInfo).unackedSegments === 0);
    connection.socket.end();
    await story.expect({ ...ENDED, states: "new active idle closed", served: 1 });
    const { bytesSent = 0, retransmittedBytes = 0, bytesAcked = 0, ...last } = connection.finalTcpInfo as LinuxTcpInfo;
    const unacked = bytesSent - retransmittedBytes - bytesAcked;
    expect(client.wire.bytesRead).toBe(bytesSent - retransmittedBytes);
    // Either the FIN is acknowledged and counts as a byte, or it is the one unacknowledged segment.
    expect([unacked, last.unackedSegments, last.notSentBytes]).toEqual(
      last.state === "FIN_WAIT_1" ? [0, 1, 0] : [-1, 0, 0],
    );
  },
);
