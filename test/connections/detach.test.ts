// tracker.close(): as if it had never been there. Compared with what was there before it came.
import { channel } from "node:diagnostics_channel";
import { once, type EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { getConnection, trackConnections, tryGetConnection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { connect } from "../helpers/http-clients";
import { isHttp2, isTls, KINDS, makeServer, open } from "../helpers/http-servers";

/** Every listener that an emitter has, by event. */
function listenersOf(emitter: EventEmitter): Map<string | symbol, unknown[]> {
  const events = emitter.eventNames().filter((event) => emitter.listenerCount(event) > 0);
  return new Map(events.map((event) => [event, emitter.rawListeners(event)]));
}

/** For what is not the same object each time. */
function countListeners(emitter: EventEmitter): Map<string | symbol, number> {
  return new Map([...listenersOf(emitter)].map(([event, listeners]) => [event, listeners.length]));
}

const CHANNELS = ["http.server.request.start", "http.server.response.finish"];
const hasSubscribers = (): boolean => CHANNELS.some((name) => channel(name).hasSubscribers);

describe.each(KINDS)("%s", (kind) => {
  test("no listener stays behind, and no hook", async () => {
    const server = await open(makeServer(kind) as Server, kind);
    const emitters: EventEmitter[] = [server];
    // Before Node's own listeners have run: what comes after is theirs or ours.
    server.on("connection", (socket: Socket) => emitters.push(socket));
    server.on("secureConnection", (socket: Socket) => emitters.push(socket));
    server.on("session", (session: ServerHttp2Session) => emitters.push(session));

    /** One request answered, then all listeners of all that is there. */
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
      for (const emitter of emitters) expect(Object.hasOwn(emitter, "_destroy")).toBe(false);
      for (const emitter of emitters) expect(tryGetConnection(emitter as Socket)).toBeUndefined();
      const found = emitters.map(countListeners);
      client.wire.destroy();
      await once(client.wire, "close");
      return found;
    };
    const untouched = await run(false);
    expect(await run(true)).toEqual(untouched);
    expect(await run(true)).toEqual(untouched);
  });

  test("listeners of the user's keep their order", () => {
    const server = makeServer(kind);
    const listener = (): void => {};
    for (const event of ["connection", "upgrade", "connect", "clientError", "tlsClientError", "session", "stream"]) {
      server.on(event, listener);
    }
    const before = listenersOf(server);
    trackConnections(server).close();
    expect(listenersOf(server)).toEqual(before);
  });

  test("nothing more is told, the connection lives on, and a new tracker may come", async () => {
    const server = await open(makeServer(kind) as Server, kind);
    const first = trackConnections(server);
    const client = await connect(server, kind);
    await client.get();
    const [before] = first;
    const told: unknown[] = [];
    for (const event of ["state", "closed", "active", "idle", "new"] as const) first.on(event, () => told.push(event));
    await until(() => before?.state === "idle");
    told.length = 0;
    first.close();
    expect(first.size).toBe(0);
    expect([...first]).toEqual([]);
    await client.get();
    expect(told).toEqual([]);
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
    expect(told).toEqual([]);
  });
});

test("with a request under way", async () => {
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

test("in a listener of its own", async () => {
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

test("what had ended before is still told: closing a server and its tracker in one go loses no last word", async () => {
  const server = await open(makeServer("http") as Server);
  const tracker = trackConnections(server);
  const told: unknown[] = [];
  tracker.on("closed", ({ closeReason }) => told.push(closeReason));
  await connect(server, "http");
  await until(() => tracker.size === 1);
  const [connection] = tracker;
  connection?.socket.destroy();
  tracker.close();
  await once(connection!.socket, "close");
  await new Promise(setImmediate);
  expect(told).toEqual(["server-destroy"]);
});

test("detach() lets go of one server and its connections, and of no other", async () => {
  const [one, other] = [await open(makeServer("http") as Server), await open(makeServer("http") as Server)];
  const tracker = trackConnections(one).attach(other);
  onTestFinished(() => tracker.close());
  const untouched = countListeners(await open(makeServer("http") as Server));
  const [first, second] = [await connect(one, "http"), await connect(other, "http")];
  await first.get();
  await second.get();
  const [connection, kept] = tracker;
  tracker.detach(one);
  tracker.detach(one);
  expect([...tracker]).toEqual([kept]);
  expect(tryGetConnection(connection?.socket as Socket)).toBeUndefined();
  expect(Object.hasOwn(connection?.socket ?? {}, "_destroy")).toBe(false);
  expect(countListeners(one)).toEqual(untouched);
  expect(hasSubscribers()).toBe(true);
  await first.get();
  await second.get();
  await until(() => kept?.requests.served === 2);
  const again = trackConnections(one);
  onTestFinished(() => again.close());
  expect([...again]).toMatchObject([{ adopted: true, socket: connection?.socket }]);
});
