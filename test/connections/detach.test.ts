// After tracker.close() and detach() the server and its connections are as if no tracker had been there.
import { channel } from "node:diagnostics_channel";
import { once, type EventEmitter } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Http2ServerRequest, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { getConnection, getTracker, trackConnections, tryGetConnection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { connect, connectHttp1 } from "../helpers/http-clients";
import { answers, isHttp2, isTls, KINDS, makeServer, open } from "../helpers/http-servers";
import { listenersOf, tracesOf } from "./helpers/traces";

const CHANNELS = ["http.server.request.start", "http.server.response.finish"];
const hasSubscribers = (): boolean => CHANNELS.some((name) => channel(name).hasSubscribers);

describe.each(KINDS)("%s", (kind) => {
  test("no listener, hook or property is left", async () => {
    const server = await open(makeServer(kind) as Server, kind);
    const emitters: EventEmitter[] = [server];
    server.on("connection", (socket: Socket) => {
      // Node keeps the address in a property once it is read.
      void socket.remoteAddress;
      emitters.push(socket);
    });
    server.on("secureConnection", (socket: Socket) => emitters.push(socket));
    server.on("session", (session: ServerHttp2Session) => emitters.push(session));

    /** What is on the server and on the objects of a connection, after one request. */
    const run = async (isTracked: boolean): Promise<unknown[]> => {
      emitters.length = 1;
      const tracker = isTracked ? trackConnections(server) : undefined;
      const client = await connect(server, kind);
      await client.get();
      if (tracker) await until(() => [...tracker][0]?.state === "idle");
      expect(emitters).toHaveLength(2 + Number(isTls(kind)) + Number(isHttp2(kind)));
      expect(hasSubscribers()).toBe(isTracked);
      tracker?.close();
      expect(hasSubscribers()).toBe(false);
      for (const emitter of emitters) expect(tryGetConnection(emitter as Socket)).toBeUndefined();
      const found = emitters.map(tracesOf);
      client.wire.destroy();
      await once(client.wire, "close");
      return found;
    };
    // Node itself adds properties to a server at its first request.
    await run(false);
    const untouched = await run(false);
    expect(await run(true)).toEqual(untouched);
    expect(await run(true)).toEqual(untouched);
  });

  test("nothing is left on a request in flight", async () => {
    const run = async (isTracked: boolean): Promise<unknown[]> => {
      const server = await open(makeServer(kind, answers.ok) as Server, kind);
      const requested = once(server, "request") as Promise<[IncomingMessage | Http2ServerRequest, ServerResponse]>;
      const tracker = isTracked ? trackConnections(server) : undefined;
      const client = await connect(server, kind);
      client.send("/hang");
      const [req, res] = await requested;
      if (tracker) expect([...tracker]).toMatchObject([{ state: "active", requests: { inFlight: 1 } }]);
      tracker?.close();
      return [req, res, ...("stream" in req ? [req.stream] : [])].map(tracesOf);
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test("other listeners of the server keep their order", () => {
    const server = makeServer(kind);
    const listener = (): void => {};
    for (const event of ["connection", "upgrade", "connect", "clientError", "tlsClientError", "session", "stream"]) {
      server.on(event, listener);
    }
    const before = listenersOf(server);
    trackConnections(server).close();
    expect(listenersOf(server)).toEqual(before);
  });

  test("nothing more is emitted, the connection lives on, and a new tracker may come", async () => {
    const server = await open(makeServer(kind) as Server, kind);
    const first = trackConnections(server);
    const client = await connect(server, kind);
    await client.get();
    const [before] = first;
    const emitted: unknown[] = [];
    for (const event of ["state", "closed", "active", "idle", "new"] as const) {
      first.on(event, () => emitted.push(event));
    }
    await until(() => before?.state === "idle");
    emitted.length = 0;
    first.close();
    expect(first.size).toBe(0);
    expect([...first]).toEqual([]);
    await client.get();
    expect(emitted).toEqual([]);
    const second = trackConnections(server);
    onTestFinished(() => second.close());
    const [after] = second;
    expect(after).toMatchObject({ adopted: true, socket: before?.socket });
    expect(after?.id).toBeGreaterThan(before?.id ?? Infinity);
    const closed = once(second, "closed");
    const idle = once(second, "idle");
    await client.get();
    await idle;
    client.end();
    await closed;
    expect(after).toMatchObject({ closeReason: "client-end", requests: { served: 1 } });
    expect(emitted).toEqual([]);
  });
});

test("a request in flight is answered, and its connection stays active for the tracker", async () => {
  let answer = (): void => {};
  const server = await open(makeServer("http", (_, res) => (answer = () => res.end("ok"))) as Server);
  const tracker = trackConnections(server);
  const active = once(tracker, "active");
  const client = await connect(server, "http");
  client.send("/");
  const [connection] = await active;
  tracker.close();
  answer();
  await once(client.wire, "data");
  client.end();
  await once(client.wire, "close");
  expect(connection).toMatchObject({ state: "active", closeReason: undefined });
});

test("a listener for an unread body goes with the tracker", async () => {
  const run = async (isTracked: boolean): Promise<number[]> => {
    const server = await open(makeServer("http", (_, res) => res.end("ok")) as Server);
    const requested = once(server, "request") as Promise<[IncomingMessage]>;
    const tracker = isTracked ? trackConnections(server) : undefined;
    const client = await connectHttp1(server, "http");
    client.send("/", "Content-Length: 10");
    const [req] = await requested;
    await client.receive("\r\n\r\nok");
    const before = req.listenerCount("end");
    tracker?.close();
    return [before, req.listenerCount("end")];
  };
  const [, untouched = NaN] = await run(false);
  expect(await run(true)).toEqual([untouched + 1, untouched]);
});

test("Symbol.dispose closes too, and a second time does nothing", () => {
  const server = makeServer("http") as Server;
  const untouched = tracesOf(server);
  const tracker = trackConnections(server);
  tracker[Symbol.dispose]();
  tracker[Symbol.dispose]();
  tracker.close();
  expect(tracesOf(server)).toEqual(untouched);
  expect(hasSubscribers()).toBe(false);
  expect(getTracker(server)).toBeUndefined();
});

test("a tracker may be closed in a listener of its own", async () => {
  const server = await open(makeServer("http") as Server);
  const tracker = trackConnections(server);
  const fresh = once(tracker, "new");
  tracker.on("new", () => tracker.close());
  const client = await connect(server, "http");
  const [connection] = await fresh;
  await client.get();
  expect(connection.state).toBe("new");
  expect(() => getConnection(connection.socket)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_TRACKED" }));
});

test('"closed" is still emitted for a connection that ended before', async () => {
  const server = await open(makeServer("http") as Server);
  const tracker = trackConnections(server);
  const reasons: unknown[] = [];
  tracker.on("closed", ({ closeReason }) => reasons.push(closeReason));
  await connect(server, "http");
  await until(() => tracker.size === 1);
  const [connection] = tracker;
  connection?.socket.destroy();
  tracker.close();
  await once(connection!.socket, "close");
  await new Promise(setImmediate);
  expect(reasons).toEqual(["server-destroy"]);
});

test("detach() affects one server and its connections, and no other", async () => {
  const [one, other] = [await open(makeServer("http") as Server), await open(makeServer("http") as Server)];
  const untouched = listenersOf(one);
  const tracker = trackConnections(one).attach(other);
  onTestFinished(() => tracker.close());
  const [first, second] = [await connect(one, "http"), await connect(other, "http")];
  await first.get();
  await second.get();
  const [connection, kept] = tracker;
  tracker.detach(one);
  tracker.detach(one);
  expect([...tracker]).toEqual([kept]);
  expect(tryGetConnection(connection?.socket as Socket)).toBeUndefined();
  expect(Object.hasOwn(connection?.socket ?? {}, "_destroy")).toBe(false);
  expect(listenersOf(one)).toEqual(untouched);
  expect(hasSubscribers()).toBe(true);
  await first.get();
  await second.get();
  await until(() => kept?.requests.served === 2);
  const again = trackConnections(one);
  onTestFinished(() => again.close());
  expect([...again]).toMatchObject([{ adopted: true, socket: connection?.socket }]);
});
