// Watchers from their making to their end: arguments, several of them, errors in listeners, and what stays.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { createConnection, type Socket } from "node:net";
import tls from "node:tls";
import { inspect } from "node:util";
import { trackConnections, watchHealth } from "sockinfo/connections";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { entry, runNode } from "../../helpers/child";
import { makePair } from "../../helpers/duplex-pair";
import { lacks } from "../../helpers/needs";
import { listen, portOf, socketPath, until } from "../../helpers/servers";
import { tracesOf } from "../helpers/traces";
import { begin, EVERY_MS, handle, Watch } from "./watched";

const connections = JSON.stringify(entry.replace("index.js", "connections/index.js"));

describe("arguments", () => {
  const tracker = trackConnections(http.createServer());
  afterAll(() => tracker.close());

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["an object", {}],
    ["a server", http.createServer()],
    ["an object made from a tracker", Object.create(tracker)],
  ])("not a tracker: %s", (_, wrong) => {
    expect(() => watchHealth(wrong as never)).toThrow(
      expect.objectContaining({
        code: "ERR_SOCKINFO_INVALID_ARGUMENT",
        message: expect.stringContaining('The "tracker" argument must be a tracker') as string,
      }),
    );
  });

  test("a closed tracker", () => {
    const closed = trackConnections(http.createServer());
    closed.close();
    expect(() => watchHealth(closed)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_TRACKER_CLOSED" }));
  });

  test("the class of a watcher can't be constructed, and its prototype can be printed", () => {
    const watcher = watchHealth(tracker);
    onTestFinished(() => watcher.close());
    const Class = watcher.constructor as new (...parameters: unknown[]) => unknown;
    const refused = expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }) as Error;
    for (const parameters of [[], [{}, {}], [tracker], [Object.create(tracker), { everyMs: 1000 }]])
      expect(() => new Class(...parameters)).toThrow(refused);
    for (const made of [watcher, tracker]) {
      const prototype = Object.getPrototypeOf(made) as object;
      expect(inspect(prototype)).toEqual(expect.any(String));
      expect(inspect(Object.create(prototype))).toEqual(expect.any(String));
      expect(() => watchHealth(Object.create(prototype) as never)).toThrow(refused);
    }
  });

  test.each([undefined, null, {}, 1])("conditionsOf(%s)", (wrong) => {
    const watcher = watchHealth(tracker);
    onTestFinished(() => watcher.close());
    expect(() => watcher.conditionsOf(wrong as never)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
    );
  });
});

describe("kinds of connections", () => {
  test.skipIf(lacks("openssl"))("over TLS", async () => {
    const { server, watch } = await begin(
      { unsentLimitBytes: 1_000_000 },
      https.createServer(makeCertificate(), handle),
    );
    const client = tls.connect({ port: portOf(server), host: "127.0.0.1", rejectUnauthorized: false });
    onTestFinished(() => void client.destroy());
    await once(client, "secureConnect");
    client.pause().write("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    await Promise.all([watch.next(client, "began", "slow-reader"), watch.next(client, "began", "unsent")]);
    const { details } = await watch.next(client, "began", "unsent");
    // Node's part is in the TLS socket.
    expect(details?.unsentBytes).toBeGreaterThan(10_000_000);
  });

  test("adopted, and handed over by an upgrade", async () => {
    const server = await listen(
      http.createServer(handle).on("upgrade", (_, socket: Socket) => {
        for (let sent = 0; sent < 200; sent++) socket.write(Buffer.alloc(100_000));
      }),
    );
    const client = createConnection(portOf(server), "127.0.0.1").pause();
    onTestFinished(() => void client.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    await once(server, "upgrade");
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    const { connection } = await new Watch(tracker).next(client, "began", "slow-reader");
    expect(connection.adopted).toBe(true);
  });

  test("Unix sockets and injected streams are left alone", async () => {
    const [near, far] = makePair();
    onTestFinished(() => void far.destroy());
    const { server, tracker, watch, ask } = await begin({ unsentLimitBytes: 0 });
    const unixServer = http.createServer(handle);
    tracker.attach(unixServer);
    const path = socketPath();
    await listen(unixServer, { path });
    const unix = createConnection(path).pause();
    onTestFinished(() => void unix.destroy());
    for (const client of [unix, far]) client.write("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    server.emit("connection", near);
    const client = await ask("/flood");
    await watch.next(client, "began", "unsent");
    expect(tracker.size).toBe(3);
    expect(new Set(watch.told.map(({ connection }) => connection.remote))).toEqual(
      new Set([expect.objectContaining({ port: client.localPort })]),
    );
  });
});

test("several watchers of one tracker find the same, each by its own readings", async () => {
  const { tracker, watch, ask } = await begin();
  const [second, closed] = [new Watch(tracker), new Watch(tracker)];
  const client = await ask("/flood");
  closed.watcher.close();
  const found = await Promise.all([watch, second].map((each) => each.next(client, "began", "slow-reader")));
  expect(found[0]?.connection).toBe(found[1]?.connection);
  expect(closed.told).toEqual([]);
});

test("the events of the conditions have the arguments of their beginning", async () => {
  const { watch, ask } = await begin();
  const named = once(watch.watcher, "slow-reader");
  const client = await ask("/flood");
  const { connection, details } = await watch.next(client, "began", "slow-reader");
  const [itsConnection, itsDetails] = await named;
  expect(itsConnection).toBe(connection);
  expect(itsDetails).toBe(details);
});

describe("the end", () => {
  test("close() leaves nothing, and nothing is told any more", async () => {
    const { tracker, watch, ask } = await begin();
    const traces = tracesOf(tracker);
    const other = new Watch(tracker);
    expect(tracesOf(tracker)).toEqual(traces);
    const client = await ask("/flood");
    const { connection } = await other.next(client, "began", "slow-reader");
    other.watcher.close();
    other.watcher[Symbol.dispose]();
    expect(other.watcher.conditionsOf(connection)).toEqual([]);
    client.resume();
    await watch.next(client, "ended", "slow-reader");
    expect(other.about(client)).toEqual(["began slow-reader"]);
  });

  test("with the tracker, or with the watch over the server", async () => {
    const first = await begin();
    const second = await begin();
    const clients = await Promise.all([first.ask("/flood"), second.ask("/flood")]);
    const told = await Promise.all([
      first.watch.next(clients[0], "began", "slow-reader"),
      second.watch.next(clients[1], "began", "slow-reader"),
    ]);
    first.tracker.close();
    second.tracker.detach(second.server);
    expect(first.watch.watcher.conditionsOf(told[0].connection)).toEqual([]);
    expect(second.watch.watcher.conditionsOf(told[1].connection)).toEqual([]);
    for (const client of clients) client.destroy();
    // The second watcher goes on, for other servers of its tracker.
    const third = http.createServer(handle);
    second.tracker.attach(third);
    await listen(third);
    const client = createConnection(portOf(third), "127.0.0.1").pause();
    onTestFinished(() => void client.destroy());
    client.write("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    await second.watch.next(client, "began", "slow-reader");
    expect([first.watch.told, second.watch.told].map(({ length }) => length)).toEqual([1, 2]);
  });

  test("a closed connection and a closed watcher are collected", async () => {
    const { tracker, watch, ask } = await begin();
    const client = await ask("/flood");
    await watch.next(client, "began", "slow-reader");
    const connection = new WeakRef(watch.told[0]?.connection as object);
    const watcher = new WeakRef(watchHealth(tracker, { everyMs: EVERY_MS }));
    watcher.deref()?.close();
    client.destroy();
    await until(() => watch.told.length === 2);
    watch.told.length = 0;
    await until(() => {
      gc?.();
      return watcher.deref() === undefined && connection.deref() === undefined;
    });
  });

  test("a watcher does not keep the process alive, and its batches follow each other on an idle event loop", () => {
    const { stdout, stderr, status } = runNode(`
      const { trackConnections, watchHealth } = require(${connections});
      const { createServer, connect } = require("node:net");
      const clients = [];
      // The last of more connections than one batch has.
      const server = createServer((socket) => void socket.on("error", () => {}));
      const tracker = trackConnections(server);
      const watcher = watchHealth(tracker, { everyMs: ${EVERY_MS} });
      watcher.on("slow-reader", ({ id }) => {
        console.log(id, tracker.size);
        for (const client of clients) client.destroy();
        server.close();
      });
      server.listen(0, "127.0.0.1", async () => {
        while (clients.length < 600) {
          clients.push(connect(server.address().port, "127.0.0.1").pause());
          await new Promise((resolve) => clients.at(-1).once("connect", resolve));
        }
        while (tracker.size < 600) await new Promise((resolve) => setTimeout(resolve, 10));
        [...tracker].at(-1).socket.write(Buffer.alloc(20_000_000));
      });`);
    expect({ stdout, stderr, status }).toEqual({ stdout: "600 600", stderr: "", status: 0 });
  });
});

test("an error in a listener is an uncaught exception, and the others are told all the same", () => {
  const { stdout, status } = runNode(`
    const { trackConnections, watchHealth } = require(${connections});
    const { createServer, connect } = require("node:net");
    const server = createServer((socket) => void socket.on("error", () => {}).write(Buffer.alloc(20_000_000)));
    const watcher = watchHealth(trackConnections(server), { everyMs: ${EVERY_MS} });
    const clients = [];
    let told = 0;
    process.on("uncaughtException", ({ message }) => console.log("uncaught", message));
    watcher.on("began", ({ id }) => { throw new Error("began " + id); });
    watcher.on("slow-reader", ({ id, socket }) => { console.log("slow-reader", id); socket.destroy(); });
    watcher.on("ended", ({ id }) => {
      console.log("ended", id);
      if (++told === 2) server.close();
    });
    server.listen(0, "127.0.0.1", () => {
      for (let i = 0; i < 2; i++) connect(server.address().port, "127.0.0.1").on("error", () => {}).pause();
    });`);
  const lines = stdout.split("\n").toSorted();
  const expected = [1, 2].flatMap((id) => [`ended ${id}`, `slow-reader ${id}`, `uncaught began ${id}`]);
  expect({ lines, status }).toEqual({ lines: expected.toSorted(), status: 0 });
});
