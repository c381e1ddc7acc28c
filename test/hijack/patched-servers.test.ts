// Hijacking on servers that other code has patched: another copy of the package, monitoring that wraps `emit`,
// listeners.
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trackConnections } from "sockinfo/connections";
import * as ours from "sockinfo/hijack";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectHttp1, request } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { root } from "../helpers/docs";
import { converse, takeNext } from "./helpers/hijacked";
import { WHEN, type When } from "./helpers/pauses";

type Copy = typeof ours;

let home: string;
let theirs: Copy;

beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo-copy-")));
  for (const folder of ["dist", join("prebuilds", `${process.platform}-${process.arch}`)]) {
    cpSync(join(root, folder), join(home, folder), { recursive: true });
  }
  theirs = createRequire(import.meta.url)(join(home, "dist/hijack/index.js")) as Copy;
  expect(theirs.hijack).not.toBe(ours.hijack);
});

afterAll(() => rmSync(home, { recursive: true }));

/** Hijacks the next request by `copy`, and releases it. If early, bytes come in one segment with the request. */
async function takeBy(copy: Copy, server: Server, when: When): Promise<void> {
  const eager = when === "early" ? "eager" : "";
  const client = await connectHttp1(server, "http");
  const taking = new Promise<Awaited<ReturnType<Copy["hijack"]>>>((resolve) => {
    server.once("request", async (req: IncomingMessage, res: ServerResponse) => {
      if (when === "late") await new Promise(setImmediate);
      resolve(await copy.hijack(req, res));
    });
  });
  client.stream.write(request("/") + eager);
  const { socket, head } = await taking;
  expect(head.toString()).toBe(eager);
  await converse(socket, client);
  socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  copy.release(socket, Buffer.alloc(0));
  client.received = "";
  client.send("/");
  const [, res] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  res.end("ok");
  await client.receive("\r\n\r\nok");
}

describe.each(["ours first", "theirs first"])("two copies, %s", (order) => {
  test.each(WHEN)("%s: each takes connections", async (when) => {
    const server = makeServer("http", () => {}) as Server;
    const copies = order === "ours first" ? [ours, theirs] : [theirs, ours];
    for (const copy of copies) copy.enableHijack(server);
    await open(server);
    for (const copy of [...copies, ...copies]) await takeBy(copy, server, when);
    expect(Object.hasOwn(server, "emit")).toBe(false);
  });

  test.each(WHEN)("%s: a connection that one copy has taken, the other refuses", async (when) => {
    const server = makeServer("http", () => {}) as Server;
    for (const copy of order === "ours first" ? [ours, theirs] : [theirs, ours]) copy.enableHijack(server);
    await open(server);
    const client = await connectHttp1(server, "http");
    const codes: string[] = [];
    server.once("request", async (req: IncomingMessage, res: ServerResponse) => {
      if (when === "late") await new Promise(setImmediate);
      const attempts = [ours.hijack(req, res), theirs.hijack(req, res)].map(codeOf);
      codes.push(...(await Promise.all(attempts)), await codeOf(theirs.hijack(req, res)));
    });
    client.send("/");
    await expect.poll(() => codes.length).toBe(3);
    expect(codes[0]).toBe("not refused");
    // The other copy sees a response that has ended or has left the socket.
    expect(codes[1]).toBe("ERR_SOCKINFO_RESPONSE_BEGUN");
    expect(codes[2]).toBe("ERR_SOCKINFO_RESPONSE_BEGUN");
  });
});

/** Works for errors of both copies, whose classes differ. */
function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "not refused",
    (error: { code: string }) => error.code,
  );
}

/** Like monitoring, it wraps `emit` of a server or of the class. */
function wrap(target: { emit: Server["emit"] }, seen: string[]): () => void {
  const own = Object.getOwnPropertyDescriptor(target, "emit");
  const { emit } = target;
  target.emit = function wrapped(this: Server, ...parameters: Parameters<Server["emit"]>): boolean {
    seen.push(parameters[0]);
    return emit.apply(this, parameters);
  } as Server["emit"];
  return () => {
    if (own) Object.defineProperty(target, "emit", own);
    else delete (target as Partial<typeof target>).emit;
  };
}

const patches: Record<string, (server: Server, seen: string[], enable: () => void) => void> = {
  "its own emit, before": (server, seen, enable) => {
    wrap(server, seen);
    enable();
  },
  "its own emit, after": (server, seen, enable) => {
    enable();
    wrap(server, seen);
  },
  "its own emit, twice, before and after": (server, seen, enable) => {
    wrap(server, seen);
    enable();
    wrap(server, []);
  },
  "emit of http.Server, before": (_, seen, enable) => {
    onTestFinished(wrap(http.Server.prototype, seen));
    enable();
  },
  "emit of http.Server, after": (_, seen, enable) => {
    enable();
    onTestFinished(wrap(http.Server.prototype, seen));
  },
  "emit of http.Server, not writable": (server, seen, enable) => {
    onTestFinished(wrap(http.Server.prototype, seen));
    enable();
    const { emit } = server;
    Object.defineProperty(http.Server.prototype, "emit", { value: emit, writable: false, configurable: true });
  },
};

describe.each(Object.entries(patches))("%s", (_, patch) => {
  test.each(WHEN)("%s: hijacking works, and no 'upgrade' is seen", async (when) => {
    const server = makeServer("http", () => {}) as Server;
    const seen: string[] = [];
    let upgrades = 0;
    server.on("upgrade", () => (upgrades += 1));
    patch(server, seen, () => ours.enableHijack(server));
    await open(server);
    const own = Object.getOwnPropertyDescriptor(server, "emit");
    await takeBy(ours, server, when);
    expect(seen).toEqual(expect.arrayContaining(["connection", "request"]));
    expect([seen.includes("upgrade"), upgrades]).toEqual([false, 0]);
    expect(Object.getOwnPropertyDescriptor(server, "emit")).toEqual(own);
    expect(Object.hasOwn(server, "listenerCount")).toBe(false);
  });
});

/** Until the end of the test. */
function patchCreateServer(patch: (server: Server) => void): void {
  const { createServer } = http;
  http.createServer = ((...parameters: Parameters<typeof createServer>) => {
    const server = createServer(...parameters);
    patch(server);
    return server;
  }) as typeof createServer;
  onTestFinished(() => void (http.createServer = createServer));
}

const instrumentations: Record<string, (server: Server) => void> = {
  "trackConnections() for every server": (server) => void trackConnections(server),
  "a listener for 'connection' before Node's": (server) => void server.prependListener("connection", () => {}),
  "a listener for 'connection' after Node's": (server) => void server.on("connection", () => {}),
};

describe.each(Object.entries(instrumentations))("http.createServer() adds %s", (_, instrument) => {
  test.each(WHEN)("%s: hijacking works", async (when) => {
    patchCreateServer(instrument);
    const server = http.createServer();
    ours.enableHijack(server);
    await open(server);
    await takeBy(ours, server, when);
  });
});

test.each(WHEN)("%s: if Node's listener for connections is deferred, hijack() is refused", async (when) => {
  patchCreateServer((server) => {
    const [listener] = server.listeners("connection");
    server.removeAllListeners("connection").on("connection", (socket) => {
      queueMicrotask(() => listener?.call(server, socket));
    });
  });
  const server = http.createServer(async (req, res) => {
    if (when === "late") await new Promise(setImmediate);
    res.end(await codeOf(ours.hijack(req, res)));
  });
  ours.enableHijack(server);
  await open(server);
  const client = await connectHttp1(server, "http");
  client.send("/");
  await client.receive("\r\n\r\nERR_SOCKINFO_NOT_ENABLED");
});

test("subscribers of diagnostics channels see the request begin, and do not see it finish", async () => {
  const seen: string[] = [];
  const names = [
    "http.server.request.start",
    "http.server.response.created",
    "http.server.response.finish",
    Symbol.for("sockinfo.hijack"),
  ];
  for (const name of names) {
    const note = (): number => seen.push(String(name));
    channel(name).subscribe(note);
    onTestFinished(() => {
      channel(name).unsubscribe(note);
    });
  }
  const server = makeServer("http", () => {}) as Server;
  ours.enableHijack(server);
  await open(server);
  const client = await connectHttp1(server, "http");
  const { socket } = await takeNext(server, client);
  await converse(socket, client);
  expect(seen).toEqual(expect.arrayContaining(["http.server.request.start", "Symbol(sockinfo.hijack)"]));
  expect(seen).not.toContain("http.server.response.finish");
});

test("listeners of 'removeListener' on the socket do not disturb", async () => {
  const server = makeServer("http", () => {}) as Server;
  ours.enableHijack(server);
  const removed: string[] = [];
  server.on("connection", (socket: import("node:net").Socket) => {
    socket.on("removeListener", (event) => removed.push(String(event)));
  });
  await open(server);
  const client = await connectHttp1(server, "http");
  const { socket } = await takeNext(server, client);
  await converse(socket, client);
  expect(removed).toEqual(expect.arrayContaining(["end", "close", "error"]));
});
