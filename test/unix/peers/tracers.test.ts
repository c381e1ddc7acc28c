// Tracers that patch emit of a server that has a gate: they see the events that they would see without it, and can't
// remove it.
import { EventEmitter } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { allowPeers } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { until } from "../../helpers/servers";
import { type KindName, rejectUnauthorized, REQUEST, serverKinds } from "../helpers/server-kinds";
import { openToAll } from "../helpers/visitors";

type Emit = (...parameters: unknown[]) => boolean;

const self = process.geteuid?.() ?? -1;
const answer: http.RequestListener = (_req, res) => void res.end("welcome");

/**
 * Patches a prototype as tracers do, and notes the events of one server. Returns a function that removes the patch.
 */
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
  const socket = isTls ? tls.connect({ path, rejectUnauthorized }) : net.connect(path);
  socket.on("error", () => {}).write(REQUEST);
  return text(socket).catch(() => "");
}

const PROTOTYPES: [KindName, string, object][] = [
  ["net", "net.Server", net.Server.prototype],
  ["http", "http.Server", http.Server.prototype],
  ["http", "net.Server", net.Server.prototype],
  ["h2c", "Http2Server", Object.getPrototypeOf(http2.createServer()) as object],
  ["https", "https.Server", https.Server.prototype],
];
const KINDS = PROTOTYPES.flatMap(([kind, owner, prototype]) =>
  serverKinds(kind).map(([, { create, isTls }]) => {
    const title = `a server of ${kind}, by the prototype of ${owner}`;
    return [title, { create: () => create(() => {}), isTls, prototype }] as const;
  }),
);

describe.each(KINDS)("%s", (_title, { create, isTls, prototype }) => {
  /** Patches after `prepare`. Returns the events of one conversation that the patch sees. */
  async function watch(prepare: (server: net.Server) => void): Promise<unknown[]> {
    const server = create();
    prepare(server);
    const seen: unknown[] = [];
    const unpatch = patch(prototype, server, seen);
    onTestFinished(unpatch);
    await ask(await openToAll(server), isTls);
    unpatch();
    return seen;
  }

  test("a patch sees the same events with gates and without", async () => {
    const plain = await watch(() => {});
    expect(plain).toContain("connection");
    expect(await watch((server) => allowPeers(server, { uids: [self] }))).toEqual(plain);
    const twice = (server: net.Server) => {
      allowPeers(server, { uids: [self] });
      allowPeers(server, { uids: [self] });
    };
    expect(await watch(twice)).toEqual(plain);
  });

  test("a patch sees no event of a refused peer", async () => {
    expect(await watch((server) => allowPeers(server, {}))).toEqual(["listening"]);
  });

  test("a patch that was removed after the gate was made sees no event", async () => {
    const server = create();
    const seen: unknown[] = [];
    const unpatch = patch(prototype, server, seen);
    allowPeers(server, { uids: [self] });
    unpatch();
    await ask(await openToAll(server), isTls);
    expect(seen).toEqual([]);
  });
});

test("a tracer that wraps the server's emit reads back its own function, and the gate is under it", async () => {
  const server = http.createServer(answer);
  let isOpen = true;
  allowPeers(server, { check: () => isOpen });
  // Wraps server.emit at each request, unless it is still the tracer's own function.
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

/** The ways in which other code removes the gate's emit. */
const REMOVALS: Record<string, (server: net.Server) => void> = {
  "the emit from before": (server) => {
    server.emit = EventEmitter.prototype.emit;
  },
  nothing: (server) => void delete (server as Partial<net.Server>).emit,
};

describe.each(Object.entries(REMOVALS))("with %s in the place of the gate's emit", (_name, remove) => {
  test.each(serverKinds("net", "http", "h2c", "https", "h2"))(
    "a server of %s answers no refused peer",
    async (kind, { create, isTls }) => {
      const handler = vi.fn();
      const refused = vi.fn();
      const server = create(handler);
      allowPeers(server, {}).on("refused", refused);
      remove(server);
      expect(await ask(await openToAll(server), isTls)).toBe("");
      if (kind !== "net") expect(handler).not.toHaveBeenCalled();
      await until(() => refused.mock.calls.length === 1);
    },
  );

  test("a peer that the rule names is served, and judged once", async () => {
    let checks = 0;
    const server = http.createServer(answer);
    allowPeers(server, { check: () => ++checks > 0 });
    remove(server);
    expect(await ask(await openToAll(server))).toMatch(/welcome$/);
    expect(checks).toBe(1);
  });
});
