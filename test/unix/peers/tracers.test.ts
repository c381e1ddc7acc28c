// Instrumentation of a server that has a gate: it sees what it would see of a plain server, and can't take the gate away.
import { EventEmitter } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";
import { until } from "../../helpers/servers";
import { openToAll } from "../helpers/visitors";

type Emit = (...parameters: unknown[]) => boolean;

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const self = process.geteuid?.() ?? -1;
const certificate = lacks("openssl") ? undefined : makeCertificate();
const answer: http.RequestListener = (_req, res) => void res.end("welcome");

/** As tracers do it. Of other servers nothing is noted. */
function patch(prototype: object, server: net.Server, seen: unknown[]): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, "emit");
  const { emit } = prototype as { emit: Emit };
  (prototype as { emit: Emit }).emit = function (...parameters) {
    if ((this as unknown) === server && parameters[0] !== "newListener") seen.push(parameters[0]);
    return emit.apply(this, parameters);
  };
  return () => {
    if (own) Object.defineProperty(prototype, "emit", own);
    else delete (prototype as { emit?: Emit }).emit;
  };
}

function ask(path: string, isTls = false): Promise<string> {
  const socket = isTls ? tls.connect({ path, rejectUnauthorized: false }) : net.connect(path);
  socket.on("error", () => {}).write(REQUEST);
  return text(socket).catch(() => "");
}

const KINDS: Record<string, [() => net.Server, object]> = {
  net: [() => net.createServer((socket) => socket.resume().end("welcome")), net.Server.prototype],
  http: [() => http.createServer(answer), http.Server.prototype],
  "http, by the prototype of net": [() => http.createServer(answer), net.Server.prototype],
  h2c: [() => http2.createServer(), Object.getPrototypeOf(http2.createServer()) as object],
  ...(certificate && { https: [() => https.createServer({ ...certificate }, answer), https.Server.prototype] }),
};

describe.each(Object.entries(KINDS))("of %s", (kind, [create, prototype]) => {
  /** What a patch that comes after `prepare` sees of one conversation. */
  async function watch(prepare: (server: net.Server) => void): Promise<unknown[]> {
    const server = create();
    prepare(server);
    const seen: unknown[] = [];
    const unpatch = patch(prototype, server, seen);
    onTestFinished(unpatch);
    await ask(await openToAll(server), kind === "https");
    unpatch();
    return seen;
  }

  test("a patch of the prototype sees the same events with gates and without", async () => {
    const plain = await watch(() => {});
    expect(plain).toContain("connection");
    expect(await watch((server) => allowPeers(server, { uids: [self] }))).toEqual(plain);
    const twice = (server: net.Server) => {
      allowPeers(server, { uids: [self] });
      allowPeers(server, { uids: [self] });
    };
    expect(await watch(twice)).toEqual(plain);
  });

  test("a patch of the prototype sees nothing of a refused peer", async () => {
    expect(await watch((server) => allowPeers(server, {}))).toEqual(["listening"]);
  });

  test("a patch that was taken away sees nothing any more", async () => {
    const server = create();
    const seen: unknown[] = [];
    const unpatch = patch(prototype, server, seen);
    allowPeers(server, { uids: [self] });
    unpatch();
    await ask(await openToAll(server), kind === "https");
    expect(seen).toEqual([]);
  });
});

test("who wraps the server's emit finds what they have put there, and the gate is under it", async () => {
  const server = http.createServer(answer);
  let isOpen = true;
  allowPeers(server, { check: () => isOpen });
  // Wraps it again at each request until it is their own.
  const seen: unknown[] = [];
  const wrapped = new WeakSet<object>();
  const wrap = () => {
    const emit = server.emit as Emit;
    if (wrapped.has(emit)) return;
    const value: Emit = (...parameters) => {
      seen.push(parameters[0]);
      return emit.apply(server, parameters);
    };
    wrapped.add(value);
    server.emit = value;
  };
  const path = await openToAll(server);
  for (let round = 0; round < 3; round++) {
    wrap();
    expect(await ask(path)).toMatch(/welcome$/);
  }
  expect(seen).toEqual(["connection", "request", "connection", "request", "connection", "request"]);
  isOpen = false;
  expect(await ask(path)).toBe("");
});

/** What is put in the place of the gate. */
const REMOVALS: Record<string, (server: net.Server) => void> = {
  "the emit of before": (server) => {
    server.emit = EventEmitter.prototype.emit;
  },
  nothing: (server) => void delete (server as Partial<net.Server>).emit,
};

describe.each(Object.entries(REMOVALS))("with %s in the place of the gate's", (_name, remove) => {
  const servers: Record<string, (handler: () => void) => net.Server> = {
    net: (handler) => net.createServer((socket) => (handler(), socket.end("welcome"))),
    http: (handler) => http.createServer((_req, res) => (handler(), res.end("welcome"))),
    h2c: (handler) => http2.createServer((_req, res) => (handler(), res.end("welcome"))),
    ...(certificate && {
      https: (handler) => https.createServer({ ...certificate }, (_req, res) => (handler(), res.end("welcome"))),
      h2: (handler) =>
        http2.createSecureServer({ ...certificate, allowHTTP1: true }, (_req, res) => (handler(), res.end("welcome"))),
    }),
  };

  test.each(Object.entries(servers))("a server of %s answers no refused peer", async (kind, create) => {
    const handler = vi.fn();
    const refused = vi.fn();
    const server = create(handler);
    allowPeers(server, {}).on("refused", refused);
    remove(server);
    expect(await ask(await openToAll(server), kind.endsWith("s") || kind === "h2")).toBe("");
    if (kind !== "net") expect(handler).not.toHaveBeenCalled();
    await until(() => refused.mock.calls.length === 1);
  });

  test("whom the rule names is served, and judged once", async () => {
    let checks = 0;
    const server = http.createServer(answer);
    allowPeers(server, { check: () => ++checks > 0 });
    remove(server);
    expect(await ask(await openToAll(server))).toMatch(/welcome$/);
    expect(checks).toBe(1);
  });
});
