// close() of a gate: the server is as if there had been no gate, and a connection that was refused stays refused.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { allowPeers, type PeerGate } from "sockinfo/unix";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lacks } from "../../helpers/needs";
import { certificate, rejectUnauthorized, REQUEST, serverKinds } from "../helpers/server-kinds";
import { openToAll } from "../helpers/visitors";

type Emit = (...parameters: unknown[]) => boolean;

const NOBODY = {};

/** What a gate could leave there: own properties, and the listeners of every event in their order. */
function stateOf(server: net.Server): unknown[] {
  return [Reflect.ownKeys(server), server.eventNames().map((event) => [event, server.rawListeners(event)])];
}

/** One answer of the server. "" if the server closed the connection without one. */
async function ask(path: string): Promise<string> {
  const socket = net.connect(path).on("error", () => {});
  socket.write(REQUEST);
  return (await text(socket).catch(() => "")).split("\r\n").at(-1) ?? "";
}

function welcoming(): http.Server {
  return http.createServer((_req, res) => void res.end("welcome"));
}

describe.each(serverKinds())("a server of %s", (_name, { create, ask: askKind }) => {
  test("has no property and no listener of a closed gate", () => {
    const server = create(() => {});
    const before = stateOf(server);
    const gate = allowPeers(server, NOBODY);
    expect(stateOf(server)).not.toEqual(before);
    gate.close();
    expect(stateOf(server)).toEqual(before);
    const plain = create(() => {});
    expect(Reflect.ownKeys(server)).toEqual(Reflect.ownKeys(plain));
    expect(server.eventNames()).toEqual(plain.eventNames());
  });

  test("serves the peers that the gate refused until it was closed", async () => {
    const server = create(() => {});
    const gate = allowPeers(server, NOBODY);
    const refused = vi.fn();
    gate.on("refused", refused);
    const path = await openToAll(server);
    expect(await askKind(path).catch(() => "")).toBe("");
    expect(refused).toHaveBeenCalledTimes(1);
    gate.close();
    expect(await askKind(path)).toBe("welcome");
    expect(refused).toHaveBeenCalledTimes(1);
  });
});

test.each<[string, (gate: PeerGate) => void]>([
  ["close()", (gate) => gate.close()],
  ["Symbol.dispose", (gate) => gate[Symbol.dispose]()],
])("%s may be called again, and does nothing then", (_name, close) => {
  const server = welcoming();
  const before = stateOf(server);
  const gate = allowPeers(server, NOBODY);
  close(gate);
  // A gate that was made since stays.
  const next = allowPeers(server, NOBODY);
  const withNext = stateOf(server);
  close(gate);
  expect(stateOf(server)).toEqual(withNext);
  next.close();
  expect(stateOf(server)).toEqual(before);
});

describe("of two gates of one server", () => {
  test.each([
    ["first", "second"],
    ["second", "first"],
  ] as const)("the one that is still open judges: closed first is the %s", async (closedFirst, closedLast) => {
    const server = welcoming();
    const path = await openToAll(server);
    const before = stateOf(server);
    const gates = { first: allowPeers(server, NOBODY), second: allowPeers(server, NOBODY) };
    gates[closedFirst].close();
    const refused = vi.fn();
    gates[closedLast].on("refused", refused);
    expect(await ask(path)).toBe("");
    expect(refused).toHaveBeenCalledOnce();
    gates[closedLast].close();
    expect(await ask(path)).toBe("welcome");
    expect(stateOf(server)).toEqual(before);
  });
});

describe("with an emit of other code", () => {
  /** Wraps `server.emit` as tracers do. Returns the events that it has seen. */
  function wrap(server: net.Server): unknown[] {
    const seen: unknown[] = [];
    const emit = server.emit as Emit;
    server.emit = (...parameters: unknown[]) => {
      seen.push(parameters[0]);
      return emit.apply(server, parameters);
    };
    return seen;
  }

  test("from before the gate: that very property is restored", async () => {
    const server = welcoming();
    const seen = wrap(server);
    const before = Object.getOwnPropertyDescriptor(server, "emit");
    allowPeers(server, NOBODY).close();
    expect(Object.getOwnPropertyDescriptor(server, "emit")).toEqual(before);
    expect(await ask(await openToAll(server))).toBe("welcome");
    expect(seen).toContain("request");
  });

  test("around the gate: it stays, and everything passes", async () => {
    const server = welcoming();
    const gate = allowPeers(server, NOBODY);
    const seen = wrap(server);
    const { emit } = server;
    const path = await openToAll(server);
    expect(await ask(path)).toBe("");
    gate.close();
    expect(server.emit).toBe(emit);
    expect(await ask(path)).toBe("welcome");
    expect(seen.filter((event) => event === "request")).toHaveLength(1);
  });

  test("between two gates: it is all that is left when both are closed", async () => {
    const server = welcoming();
    const inner = allowPeers(server, NOBODY);
    const seen = wrap(server);
    const { emit } = server;
    const outer = allowPeers(server, NOBODY);
    inner.close();
    outer.close();
    expect(server.emit).toBe(emit);
    expect(await ask(await openToAll(server))).toBe("welcome");
    expect(seen).toContain("request");
  });

  test("in the place of the gate's: it stays, and no listener of the gate is left", async () => {
    const server = welcoming();
    const listeners = server.rawListeners("connection");
    const gate = allowPeers(server, NOBODY);
    const emit: Emit = (...parameters) => (http.Server.prototype.emit as Emit).apply(server, parameters);
    server.emit = emit;
    gate.close();
    expect([server.emit, server.rawListeners("connection")]).toEqual([emit, listeners]);
    expect(await ask(await openToAll(server))).toBe("welcome");
  });

  test("that can't be changed any more: everything passes", async () => {
    const server = welcoming();
    const gate = allowPeers(server, NOBODY);
    Object.defineProperty(server, "emit", { configurable: false, writable: false });
    gate.close();
    expect(await ask(await openToAll(server))).toBe("welcome");
  });
});

test("an admitted connection stays open and is served after the gate has closed", async () => {
  const server = welcoming();
  let checks = 0;
  const gate = allowPeers(server, { check: () => ++checks > 0 });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const socketPath = await openToAll(server);
  const get = async (): Promise<[string, unknown]> => {
    const request = http.get({ socketPath, agent });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return [await text(response), request.socket];
  };
  const [, socket] = await get();
  gate.close();
  expect(await get()).toEqual(["welcome", socket]);
  expect(checks).toBe(1);
});

describe("a connection that is being refused when the gate closes", () => {
  /** A gate that closes with the first refusal, and the events that the server's listeners get. */
  async function serve(server: net.Server, refuseWith?: 403) {
    const heard: string[] = [];
    for (const event of ["connection", "secureConnection", "request", "session", "tlsClientError", "keylog"]) {
      server.on(event, () => void heard.push(event));
    }
    const gate = allowPeers(server, NOBODY, { refuseWith });
    const refused = vi.fn(() => gate.close());
    gate.on("refused", refused);
    return { path: await openToAll(server), heard, refused, gate };
  }

  test("is closed, and the next one is served", async () => {
    const { path, heard, refused } = await serve(welcoming());
    expect(await ask(path)).toBe("");
    expect(heard).toEqual([]);
    expect(await ask(path)).toBe("welcome");
    expect(refused).toHaveBeenCalledOnce();
  });

  test("gets its 403 over HTTP/1, and the next one is served", async () => {
    const { path, heard, gate } = await serve(welcoming(), 403);
    const socket = net.connect({ path, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await once(gate, "refused");
    // The request comes after the gate has closed.
    socket.write(REQUEST);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\n$/);
    expect(heard).toEqual([]);
    expect(await ask(path)).toBe("welcome");
  });

  test("gets its 403 over HTTP/2", async () => {
    const { path, heard, gate } = await serve(http2.createServer(), 403);
    const socket = net.connect(path);
    await once(gate, "refused");
    const session = http2.connect("http://localhost", { createConnection: () => socket }).on("error", () => {});
    onTestFinished(() => session.destroy());
    const stream = session.request().on("error", () => {});
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    expect([headers[":status"], await text(stream), heard]).toEqual([403, "", []]);
  });

  describe.skipIf(lacks("openssl")).each(serverKinds("https", "h2"))("over TLS of %s", (_name, { create }) => {
    test("has its handshake and its 403 after that, and the server emits nothing", async () => {
      const { path, heard, gate } = await serve(create(), 403);
      const raw = net.connect(path);
      onTestFinished(() => void raw.destroy());
      await once(gate, "refused");
      // The client begins its handshake after the gate has closed.
      const socket = tls.connect({ socket: raw, rejectUnauthorized });
      socket.write(REQUEST);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
      expect(socket.getPeerX509Certificate() ?? certificate).toBeDefined();
      expect(heard).toEqual([]);
    });

    test("that sends no handshake is closed, and the server emits nothing", async () => {
      const { path, heard, gate } = await serve(create(), 403);
      const raw = net.connect({ path, allowHalfOpen: true }).on("error", () => {});
      onTestFinished(() => void raw.destroy());
      await once(gate, "refused");
      raw.resume().write("GET / HTTP/1.1\r\n\r\n");
      await once(raw, "end");
      expect(heard).toEqual([]);
    });
  });

  test("that the server had before the gate is closed, and an event says so", async () => {
    const server = net.createServer((socket) => socket.on("error", () => {}));
    const path = await openToAll(server);
    const client = net.connect(path).resume();
    await once(server, "connection");
    const gate = allowPeers(server, NOBODY);
    const refusals: string[] = [];
    gate.on("refused", ({ reason }) => refusals.push(reason)).close();
    await once(client, "close");
    expect(refusals).toEqual(["ids"]);
  });
});

test("a gate that is closed by its own check has judged that connection, and no other", async () => {
  const server = welcoming();
  const gate: PeerGate = allowPeers(server, { check: () => (gate.close(), false) });
  const path = await openToAll(server);
  expect(await ask(path)).toBe("");
  expect(await ask(path)).toBe("welcome");
});

// A rule is changed without a moment in which every peer gets in: the new gate is opened before the old one is closed.
test("gates that replace each other 20,000 times leave no chain of calls", async () => {
  const server = welcoming();
  let gate = allowPeers(server, { uids: [0] });
  for (let count = 0; count < 20_000; count++) {
    const next = allowPeers(server, { uids: [Number(process.getuid?.())] });
    gate.close();
    gate = next;
  }
  expect(await ask(await openToAll(server))).toBe("welcome");
  gate.close();
  expect(Object.hasOwn(server, "emit")).toBe(false);
  expect(server.listenerCount("connection")).toBe(welcoming().listenerCount("connection"));
});

test("a server whose gate was closed can have another one", async () => {
  const server = welcoming();
  allowPeers(server, NOBODY).close();
  const refused = vi.fn();
  allowPeers(server, NOBODY).on("refused", refused);
  expect(await ask(await openToAll(server))).toBe("");
  expect(refused).toHaveBeenCalledOnce();
});
