// Trackers and servers: servers with connections, several servers, the same one twice, and arguments that are refused.
import { once } from "node:events";
import http, { type Server } from "node:http";
import net from "node:net";
import {
  getConnection,
  getTracker,
  takeSnapshot,
  trackConnections,
  tryGetConnection,
  type Connection,
} from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { connect, dial } from "../helpers/http-clients";
import { isHttp2, isTls, KINDS, makeServer, open } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { Story } from "./helpers/stories";

const thrown = (code: string): unknown => expect.objectContaining({ name: "SocketInfoError", code }) as unknown;
const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;

describe.each(KINDS)("%s server with a live connection", (kind) => {
  test("an idle connection is adopted, and its state is right from the next request on", async () => {
    const server = await open(makeServer(kind) as Server, kind);
    const client = await connect(server, kind);
    await client.get();
    const tracker = trackConnections(server, { context: () => ({ name: "made late" }) });
    onTestFinished(() => tracker.close());
    const story = new Story(tracker);
    story.wire = client.wire;
    const [connection] = tracker;
    expect(connection).toMatchObject({ adopted: true, state: "new", context: { name: "made late" } });
    const idle = once(tracker, "idle");
    await client.get();
    await idle;
    expect(connection).toMatchObject({ protocol: isHttp2(kind) ? kind : "http/1.1" });
    expect(connection?.tlsSocket !== undefined).toBe(isTls(kind) && !isHttp2(kind));
    client.end();
    // "new" was emitted before a listener could be added.
    expect(story.states).toBe("active idle");
    expect((await once(tracker, "closed"))[0]).toBe(connection);
    const ended = { state: "closed", closeReason: "client-end", closeError: undefined };
    expect(connection).toMatchObject({ ...ended, requests: { served: 1, inFlight: 0 } });
    expect(connection?.finalTcpInfo === undefined).toBe(kind === "unix");
    expect(connection?.finalTcpInfoError?.code).toBe(kind === "unix" ? "ERR_SOCKINFO_NOT_TCP" : undefined);
  });

  test("a connection with a request in flight is adopted", async () => {
    let answer = (): void => {};
    const server = await open(makeServer(kind, (_, res) => (answer = () => res.end("ok"))) as Server, kind);
    const requested = once(server, "request");
    const client = await connect(server, kind);
    client.send("/");
    await requested;
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const [connection] = tracker as Iterable<Connection>;
    // The accepted socket leads neither to the TLS socket nor to HTTP/2 streams.
    const isSeen = !isTls(kind) && !isHttp2(kind);
    const requests = { served: 0, inFlight: Number(isSeen) };
    expect(connection).toMatchObject({ adopted: true, state: isSeen ? "active" : "new", requests });
    answer();
    if (isSeen) await once(tracker, "idle");
    else await client.flush();
    expect(connection?.requests).toEqual({ served: Number(isSeen), inFlight: 0 });
    answer = () => {};
    client.send("/");
    await once(tracker, "active");
    expect(connection?.requests).toEqual({ served: Number(isSeen), inFlight: 1 });
  });
});

test("attaching the same server twice has the effect of once", async () => {
  const { server, tracker } = await serve("http");
  tracker.attach(server);
  const story = new Story(tracker);
  const client = await connect(server, "http");
  story.wire = client.wire;
  client.end();
  await story.expect({ ...CLIENT_END, states: "new closed" });
});

test("one tracker follows servers of different kinds", async () => {
  const { server, tracker } = await serve("http");
  const others = await Promise.all(KINDS.map((kind) => open(makeServer(kind) as Server, kind)));
  for (const other of others) {
    tracker.attach(other);
    expect(getTracker(other)).toBe(tracker);
  }
  await connect(server, "http");
  for (const [index, kind] of KINDS.entries()) await connect(others[index] as Server, kind);
  await until(() => tracker.size === 1 + KINDS.length);
  const live = [...tracker];
  expect(new Set(live).size).toBe(tracker.size);
  expect(live.map(({ id }) => id)).toEqual(live.map(({ id }) => id).toSorted((a, b) => a - b));
});

test("a server has only one tracker", async () => {
  const { server, tracker } = await serve("http");
  expect(() => trackConnections(server)).toThrow(thrown("ERR_SOCKINFO_ALREADY_TRACKED"));
  const other = trackConnections(http.createServer());
  expect(() => other.attach(server)).toThrow(thrown("ERR_SOCKINFO_ALREADY_TRACKED"));
  other.close();
  expect(getTracker(server)).toBe(tracker);
  tracker.close();
  expect(getTracker(server)).toBeUndefined();
  trackConnections(server).close();
});

test.each([undefined, null, 1, "server", {}, new EventTarget(), new net.Socket(), () => {}])(
  "%s is no server",
  (value) => {
    expect(() => trackConnections(value as never)).toThrow(thrown("ERR_SOCKINFO_INVALID_ARGUMENT"));
  },
);

test.each([5, "context", null, { context: { user: 1 } }])("%s are no options", (options) => {
  expect(() => trackConnections(http.createServer(), options as never)).toThrow(
    thrown("ERR_SOCKINFO_INVALID_ARGUMENT"),
  );
});

test.each([undefined, null, {}, 5, [null], ["socket"], [{}], [new net.Socket()]])(
  "takeSnapshot() refuses %s",
  async (value) => {
    await expect(takeSnapshot(value as never)).rejects.toThrow(thrown("ERR_SOCKINFO_INVALID_ARGUMENT"));
  },
);

test("a closed tracker refuses attach() and takeSnapshot()", async () => {
  const tracker = trackConnections(http.createServer());
  tracker.close();
  tracker.close();
  expect(() => tracker.attach(http.createServer())).toThrow(thrown("ERR_SOCKINFO_TRACKER_CLOSED"));
  await expect(tracker.takeSnapshot()).rejects.toThrow(thrown("ERR_SOCKINFO_TRACKER_CLOSED"));
});

describe("not tracked", () => {
  test("a socket of an untracked server, a client's socket, and a new socket", async () => {
    const server = await listen(net.createServer());
    const accepted = once(server, "connection");
    const wire = await dial(server);
    for (const source of [(await accepted)[0], wire, new net.Socket()]) {
      expect(() => getConnection(source)).toThrow(thrown("ERR_SOCKINFO_NOT_TRACKED"));
      expect(tryGetConnection(source)).toBeUndefined();
    }
  });

  test("a connection of another tracker", async () => {
    const { server, tracker } = await serve("http");
    const other = trackConnections(http.createServer());
    await connect(server, "http");
    await until(() => tracker.size === 1);
    const [connection] = tracker;
    expect(tracker.getConnection(connection!.socket)).toBe(connection);
    expect(() => other.getConnection(connection!.socket)).toThrow(thrown("ERR_SOCKINFO_NOT_TRACKED"));
    other.close();
  });

  test("values that are no sources", () => {
    for (const value of [undefined, null, "socket", true]) {
      expect(() => getConnection(value as never)).toThrow(thrown("ERR_SOCKINFO_INVALID_ARGUMENT"));
      expect(() => tryGetConnection(value as never)).toThrow(thrown("ERR_SOCKINFO_INVALID_ARGUMENT"));
    }
    expect(() => getConnection(1)).toThrow(thrown("ERR_SOCKINFO_NO_SOCKET"));
    // A mock of a request.
    expect(() => getConnection({ socket: { remoteAddress: "127.0.0.1" } } as never)).toThrow(
      thrown("ERR_SOCKINFO_NO_SOCKET"),
    );
  });
});
