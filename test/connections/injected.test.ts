// Streams and sockets that other code hands to a server, instead of those that it accepts itself.
import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import http2 from "node:http2";
import net, { type Socket } from "node:net";
import { Duplex } from "node:stream";
import tls, { TLSSocket } from "node:tls";
import { getConnection, trackConnections } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { makePair } from "../helpers/duplex-pair";
import { listen, portOf, until } from "../helpers/servers";
import { dial, Http1Client } from "../helpers/http-clients";
import { certificate, KINDS, makeServer, open, type Kind, isHttp2, isTls } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { Story } from "./helpers/stories";

const DUPLEX_KINDS = KINDS.filter((kind) => kind !== "unix");

describe.each(DUPLEX_KINDS)("a Duplex injected into a server of %s", (kind: Kind) => {
  test("is a normal connection without TCP_INFO", async () => {
    const [near, far] = makePair();
    const found: unknown[] = [];
    const server = makeServer(kind, (req, res) => {
      found.push(getConnection(req), getConnection(res));
      res.end("ok");
    }) as Server;
    const tracker = trackConnections(server);
    const states: string[] = [];
    tracker.on("state", (_, __, to) => states.push(to));
    const [idle, closed] = [once(tracker, "idle"), once(tracker, "closed")];
    server.emit("connection", near);
    const [connection] = tracker;
    expect(getConnection(near as Socket)).toBe(connection);
    const stream = isTls(kind)
      ? tls.connect({ socket: far, rejectUnauthorized: false, ALPNProtocols: [kind === "h2" ? "h2" : "http/1.1"] })
      : far;
    if (isHttp2(kind)) {
      const session = http2.connect("http://localhost", { createConnection: () => stream });
      await once(session.request({ ":path": "/" }).resume(), "close");
      await idle;
      session.close();
    } else {
      const client = new Http1Client(far as Socket, stream as Socket);
      await client.get();
      await idle;
      stream.end();
    }
    await closed;
    expect(states).toEqual(["new", "active", "idle", "closed"]);
    expect(found).toEqual([connection, connection]);
    expect(connection).toMatchObject({
      socket: near,
      local: undefined,
      remote: undefined,
      finalTcpInfo: undefined,
      requests: { served: 1, inFlight: 0 },
    });
    expect(() => connection?.getTcpInfo()).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_SOCKINFO_/) as string }),
    );
    tracker.close();
  });
});

test.each([
  ["RST", "client-reset"],
  ["FIN", "client-end"],
])("a connection that this process has opened, and %s during the TLS handshake: %s", async (end, reason) => {
  const relay = await listen(net.createServer());
  const server = tls.createServer(certificate());
  const tracker = trackConnections(server);
  const closed = once(tracker, "closed") as Promise<[{ closeReason: string }]>;
  const accepted = once(relay, "connection") as Promise<[Socket]>;
  const socket = net.connect(portOf(relay), "127.0.0.1");
  await once(socket, "connect");
  server.emit("connection", socket);
  const [far] = await accepted;
  if (end === "RST") far.resetAndDestroy();
  else far.resume().end();
  const [connection] = await closed;
  expect(connection.closeReason).toBe(reason);
  tracker.close();
});

test("a Duplex's own _destroy is called, and restored by tracker.close()", async () => {
  const destroyed: unknown[] = [];
  const make = () =>
    new Duplex({
      read() {},
      write: (_, __, done) => done(),
      destroy(this: Duplex, error, done) {
        destroyed.push(this);
        done(error);
      },
    });
  const server = createHttpServer();
  const tracker = trackConnections(server);
  const [first, second] = [make(), make()];
  const own = second._destroy;
  server.emit("connection", first);
  server.emit("connection", second);
  const closed = once(tracker, "closed");
  first.destroy();
  await closed;
  expect(destroyed).toEqual([first]);
  tracker.close();
  expect(second._destroy).toBe(own);
  second.destroy();
  await once(second, "close");
  expect(destroyed).toEqual([first, second]);
});

test("a net.Socket that another server accepted", async () => {
  const { server, tracker } = await serve("http");
  const front = await open(net.createServer({ pauseOnConnect: true }, (socket) => server.emit("connection", socket)));
  const story = new Story(tracker);
  const wire = (story.wire = await dial(front));
  await until(() => tracker.size === 1);
  const client = new Http1Client(wire, wire);
  for (const { socket } of tracker) socket.resume();
  const idle = once(tracker, "idle");
  await client.get();
  await idle;
  client.end();
  await story.expect({
    reason: "client-end",
    tcp: ["CLOSED", "LAST_ACK"],
    states: "new active idle closed",
    served: 1,
  });
});

test("a TLSSocket made by other code, emitted as 'secureConnection'", async () => {
  const { server, tracker } = await serve("https");
  const front = await open(
    net.createServer((socket) => {
      const secured = new TLSSocket(socket, { isServer: true, ...certificate() });
      secured.once("secure", () => server.emit("secureConnection", secured));
    }),
  );
  const wire = await dial(front);
  const stream = tls.connect({ socket: wire, rejectUnauthorized: false });
  const closed = once(tracker, "closed");
  const client = new Http1Client(wire, stream);
  await client.get();
  const [connection] = tracker;
  expect(connection?.socket).toBeInstanceOf(TLSSocket);
  expect(connection?.requests.served).toBe(1);
  client.end();
  await closed;
  expect(connection?.closeReason).toBe("client-end");
  expect(connection?.finalTcpInfo?.bytesReceived).toBeGreaterThanOrEqual(wire.bytesWritten);
});

test("a socket that one tracked server hands to another stays one connection", async () => {
  const { server, tracker } = await serve("http");
  const front = net.createServer((socket) => server.emit("connection", socket));
  const frontTracker = trackConnections(front);
  await open(front);
  const story = new Story(frontTracker);
  const wire = (story.wire = await dial(front));
  const client = new Http1Client(wire, wire);
  const idle = once(frontTracker, "idle");
  await client.get();
  await idle;
  expect([frontTracker.size, tracker.size]).toEqual([1, 0]);
  client.end();
  const states = "new active idle closed";
  await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states, served: 1 });
});
