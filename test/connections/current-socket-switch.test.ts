// What enableCurrentSocket() switches on, where it ends, and what its close() leaves behind: nothing.
import { AsyncLocalStorage } from "node:async_hooks";
import { hasSubscribers, subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type * as connections from "sockinfo/connections";
import { enableCurrentSocket, getCurrentConnection, getCurrentSocket } from "sockinfo/connections";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCopy } from "../helpers/copy";
import { listen, portOf, until } from "../helpers/servers";
import {
  allPlacesSee,
  cleartext,
  connectClient,
  enable,
  handle,
  http1Client,
  type Incoming,
  type Outgoing,
  port,
} from "./helpers/current-socket";
import { tracesOf } from "./helpers/traces";
import { connect } from "../helpers/http-clients";
import { KINDS, makeServer, open } from "../helpers/http-servers";

const CHANNELS = ["http.server.request.start", "http2.server.stream.start", "tracing:net.server.listen:asyncStart"];
const notEnabled = expect.objectContaining({ name: "SocketInfoError", code: "ERR_SOCKINFO_NOT_ENABLED" }) as Error;

describe("outside of requests there is none", () => {
  test("before, after and during requests, in clients, and in listeners of the server", async () => {
    enable();
    const seen = new Map<string, Set<unknown>>();
    const note = (where: string) => seen.set(where, (seen.get(where) ?? new Set()).add(port()));
    note("before");
    const beside = setInterval(() => note("a timer from before"), 1);
    onTestFinished(() => clearInterval(beside));
    const server = await listen(http.createServer(handle));
    server.on("connection", (socket) => {
      note("'connection'");
      const own = socket.remotePort;
      socket.on("end", () => note("'end' of the socket"));
      // On Node 20 and 22 this event has the socket itself, because the events of aborted requests come from it.
      socket.on("close", () =>
        port() === own ? seen.set("'close' of the socket", new Set(["none"])) : note("'close' of the socket"),
      );
    });
    server.on("close", () => note("'close' of the server"));
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = await connectClient(http1Client(cleartext(server)));
        note("a client, connected");
        for (let i = 0; i < 5; i++) {
          await client.post();
          note("a client, answered");
        }
        client.close();
      }),
    );
    await until(() => seen.has("a timer from before") && seen.has("'close' of the socket"));
    server.close();
    await once(server, "close");
    note("after");
    expect([...seen.values()].flatMap((ports) => [...ports])).toEqual(Array.from(seen, () => "none"));
    expect(seen.size).toBe(9);
  });

  test("in 'upgrade', which Node does not report as a request", async () => {
    enable();
    const server = await listen(http.createServer(handle));
    const upgraded = once(
      server.on("upgrade", (_req, socket) => socket.end(String(port()))),
      "upgrade",
    );
    const socket = cleartext(server);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    await upgraded;
    expect(await text(socket)).toBe("none");
  });
});

describe("enabling", () => {
  test("without it a call throws, because undefined would mean that there is no request", () => {
    expect(() => getCurrentSocket()).toThrow(notEnabled);
  });

  // test/runtimes/ runs the real runtimes.
  test.each(["bun", "deno"])("is refused by the name of the runtime: %s", (runtime) => {
    const currentSocket = enable();
    Object.defineProperty(process.versions, runtime, { value: "1.0.0", configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(process.versions, runtime));
    const unsupported = expect.objectContaining({ code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME" }) as Error;
    // As if a copy that does not refuse had enabled it.
    expect(() => getCurrentSocket()).toThrow(unsupported);
    expect(() => getCurrentConnection()).toThrow(unsupported);
    currentSocket.close();
    expect(() => enableCurrentSocket()).toThrow(unsupported);
    expect(hasSubscribers("http.server.request.start")).toBe(false);
  });

  test("reaches servers and connections that were there before, except for HTTP/2 on Node 20", async () => {
    const server = await listen(http.createServer(handle));
    const client = await connectClient(http1Client(cleartext(server)));
    enable();
    expect(await client.post()).toEqual(allPlacesSee(client.localPort));
  });

  test("is for all copies of the package in the process, until all have closed", async () => {
    const { home, remove } = makeCopy();
    onTestFinished(remove);
    const copy = createRequire(import.meta.url)(join(home, "dist/connections/index.js")) as typeof connections;
    expect(copy.getCurrentSocket).not.toBe(getCurrentSocket);
    const theirs = copy.enableCurrentSocket();
    const ours = enable();
    const server = await listen(
      http.createServer((_req, res) => res.end(String(getCurrentSocket() === copy.getCurrentSocket() && port()))),
    );
    const request = http.get({ port: portOf(server), agent: false });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe(String(response.socket.localPort));
    theirs.close();
    expect(copy.getCurrentSocket()).toBeUndefined();
    ours.close();
    expect(() => copy.getCurrentSocket()).toThrow(notEnabled);
    expect(CHANNELS.filter((name) => hasSubscribers(name))).toEqual([]);
  });
});

describe("close()", () => {
  test("of each call is needed, and counts once", () => {
    const [first, second] = [enable(), enable()];
    expect(getCurrentSocket()).toBeUndefined();
    first.close();
    first.close();
    first[Symbol.dispose]();
    expect(getCurrentSocket()).toBeUndefined();
    second[Symbol.dispose]();
    expect(() => getCurrentSocket()).toThrow(notEnabled);
    first.close();
    enable();
    expect(getCurrentSocket()).toBeUndefined();
  });

  test("during a request: the request goes on, and its calls throw", async () => {
    const currentSocket = enable();
    const server = await listen(
      http.createServer((req, res) => {
        currentSocket.close();
        req.resume().on("end", () => res.end(outcomeOf(port)));
      }),
    );
    const request = http.request({ port: portOf(server), method: "POST", agent: false }).end("body");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    expect(await text(response)).toBe("ERR_SOCKINFO_NOT_ENABLED");
  });

  test("leaves other subscribers of Node's channels where they are", () => {
    const other = () => {};
    for (const name of CHANNELS) subscribe(name, other);
    onTestFinished(() => CHANNELS.forEach((name) => unsubscribe(name, other)));
    enable().close();
    for (const name of CHANNELS) {
      expect(hasSubscribers(name)).toBe(true);
      unsubscribe(name, other);
      expect(hasSubscribers(name)).toBe(false);
    }
  });

  test.each(KINDS)("%s: servers and requests are as if it had never been enabled", async (kind) => {
    const stores = vi.spyOn(AsyncLocalStorage.prototype, "enterWith");
    onTestFinished(() => stores.mockRestore());
    let isEnabled = false;

    /** The listeners and own properties of all that a new request has. */
    const look = async (server: Server): Promise<unknown> => {
      const seen: unknown[] = [tracesOf(server)];
      const sockets: Socket[] = [];
      const keep = (socket: Socket) => void sockets.push(socket);
      server.prependOnceListener("connection", keep).prependOnceListener("secureConnection", keep);
      server.prependOnceListener("request", (req: Incoming, res: Outgoing) => {
        seen.push(...[...sockets, req, res, ...("stream" in req ? [req.stream] : [])].map(tracesOf));
        seen.push(isEnabled || outcomeOf(getCurrentSocket));
      });
      stores.mockClear();
      const client = await connect(server, kind);
      await client.get();
      expect(stores.mock.calls.length > 0).toBe(isEnabled);
      client.wire.destroy();
      await until(() => sockets.every(({ closed }) => closed));
      server.off("connection", keep).off("secureConnection", keep);
      return seen;
    };

    const other = await open(makeServer(kind), kind);
    // Node itself adds properties to a server at its first request.
    await look(other);
    const untouched = await look(other);
    const currentSocket = enable();
    isEnabled = true;
    // Listens while it is enabled: Node 20 reports HTTP/2 servers only then.
    const server = await open(makeServer(kind), kind);
    expect(await look(server)).not.toEqual(untouched);
    isEnabled = false;
    currentSocket.close();
    expect(CHANNELS.filter((name) => hasSubscribers(name))).toEqual([]);
    expect(await look(server)).toEqual(untouched);
  });
});

function outcomeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
