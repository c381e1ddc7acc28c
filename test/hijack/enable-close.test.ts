// close() of what enableHijack() returns: hijack() is refused from then on, and nothing of sockinfo is left on the
// server.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Closeable } from "sockinfo";
import { enableHijack, hijack, type Hijacked, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { nextRequest, HTTP1, type Kind, makeServer, open } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { converse, refusalOf, takeNext } from "./helpers/hijacked";
import { WHEN, pauses } from "./helpers/pauses";

const NOTHING = Buffer.alloc(0);
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function start(kind: Kind, handler: RequestListener = () => {}) {
  const server = makeServer(kind, handler) as Server;
  const hijacking = enableHijack(server);
  await open(server, kind);
  return { server, hijacking };
}

/** The listeners of each event by their texts, and the names of the properties. */
function describeServer(server: Server): unknown {
  const listeners = server.eventNames().map((event) => [event, server.rawListeners(event).map(String)]);
  return { listeners: Object.fromEntries(listeners) as unknown, own: Reflect.ownKeys(server).map(String).toSorted() };
}

/** Node's own function, which calls the handler for each request of the connection. */
function onIncomingOf(socket: Socket): { name: string } {
  const { parser } = socket as unknown as { parser: { onIncoming: { name: string } } };
  return parser.onIncoming;
}

const CLOSINGS: Record<string, (hijacking: Closeable) => void> = {
  "close()": (hijacking) => hijacking.close(),
  "a close() without its object": ({ close }) => close(),
  "[Symbol.dispose]()": (hijacking) => hijacking[Symbol.dispose](),
};

describe.each(HTTP1)("%s", (kind) => {
  test.each(Object.entries(CLOSINGS))("%s leaves the server as a plain one", (_, close) => {
    const plain = describeServer(makeServer(kind) as Server);
    const server = makeServer(kind) as Server;
    const hijacking = enableHijack(server);
    expect(describeServer(server)).not.toEqual(plain);
    close(hijacking);
    expect(describeServer(server)).toEqual(plain);
    close(hijacking);
    expect(describeServer(server)).toEqual(plain);
  });

  describe.each(WHEN)("%s", (when) => {
    /** Hijacks early or late, and answers with the code of a refusal. */
    const handler: RequestListener = async (request, response) => {
      if (when === "late") await pauses.immediate();
      response.end(await refusalOf(hijack(request, response)));
    };

    test("live and later connections are refused, and can be answered", async () => {
      const { server, hijacking } = await start(kind, handler);
      const live = await connectHttp1(server, kind);
      await pauses.immediate();
      hijacking.close();
      for (const client of [live, await connectHttp1(server, kind)]) {
        for (let requests = 0; requests < 2; requests++) {
          client.send("/");
          await client.receive("\r\n\r\nERR_SOCKINFO_NOT_ENABLED");
          client.received = "";
        }
      }
    });

    test("two calls: the server stays enabled until both are closed", async () => {
      const { server, hijacking } = await start(kind, handler);
      const second = enableHijack(server);
      hijacking.close();
      hijacking.close();
      const client = await connectHttp1(server, kind);
      server.removeAllListeners("request");
      const { socket } = await takeNext(server, client);
      await converse(socket, client);
      second.close();
      server.on("request", handler);
      const refused = await connectHttp1(server, kind);
      refused.send("/");
      await refused.receive("\r\n\r\nERR_SOCKINFO_NOT_ENABLED");
    });

    test("a hijack() before close() succeeds, and one after it is refused", async () => {
      const outcomes: [Promise<Hijacked>, Promise<string>][] = [];
      const { server, hijacking } = await start(kind, async (request, response) => {
        if (request.url === "/other") return;
        if (when === "late") await pauses.immediate();
        const before = hijack(request, response);
        hijacking.close();
        outcomes.push([before, refusalOf(hijack(...other))]);
      });
      const otherClient = await connectHttp1(server, kind);
      otherClient.send("/other");
      const other = await nextRequest(server);
      const client = await connectHttp1(server, kind);
      client.send("/");
      await until(() => outcomes.length === 1);
      const [[before, after]] = outcomes as [[Promise<Hijacked>, Promise<string>]];
      expect(await after).toBe("ERR_SOCKINFO_NOT_ENABLED");
      await converse((await before).socket, client);
    });
  });

  test("a hijacked connection can be released after close(), and can't be hijacked again", async () => {
    const { server, hijacking } = await start(kind);
    server.keepAliveTimeout = 300;
    const client = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, client);
    hijacking.close();
    socket.write(OK);
    release(socket, NOTHING);
    await client.receive("\r\n\r\nok");
    expect(socket.timeout).toBeGreaterThanOrEqual(300);
    client.send("/");
    const [request, response] = await nextRequest(server);
    // The keep-alive timeout must not end a request that is being answered.
    expect(socket.timeout || 0).toBe(0);
    expect(await refusalOf(hijack(request, response))).toBe("ERR_SOCKINFO_NOT_ENABLED");
    client.received = "";
    response.end("ok");
    await client.receive("\r\n\r\nok");
    expect(onIncomingOf(socket).name).toBe("bound parserOnIncoming");
  });

  test("a live connection loses the wrapper of its parser's callback with the next request", async () => {
    const { server, hijacking } = await start(kind);
    const client = await connectHttp1(server, kind);
    const sockets: Socket[] = [];
    server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      sockets.push(socket);
      response.end("ok");
    });
    await client.get();
    expect(onIncomingOf(sockets[0] as Socket).name).not.toBe("bound parserOnIncoming");
    hijacking.close();
    await client.get();
    expect(onIncomingOf(sockets[0] as Socket).name).toBe("bound parserOnIncoming");
  });

  test("enabled again: only connections that come after it can be hijacked", async () => {
    const { server, hijacking } = await start(kind);
    const earlier = await connectHttp1(server, kind);
    // A request shows that the server has accepted the connection.
    earlier.send("/");
    (await nextRequest(server))[1].end("ok");
    await earlier.receive("\r\n\r\nok");
    hijacking.close();
    const between = await connectHttp1(server, kind);
    between.send("/");
    (await nextRequest(server))[1].end("ok");
    await between.receive("\r\n\r\nok");
    enableHijack(server);
    for (const client of [earlier, between]) {
      client.send("/");
      const exchange = await nextRequest(server);
      expect(await refusalOf(hijack(...exchange))).toBe("ERR_SOCKINFO_NOT_ENABLED");
      exchange[1].end("ok");
    }
    const client = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, client);
    await converse(socket, client);
  });

  test("listeners and wrappers of others stay", async () => {
    const server = makeServer(kind, (_, response) => response.end("ok")) as Server;
    const seen: string[] = [];
    const event = kind === "https" || kind === "h2-http1" ? "secureConnection" : "connection";
    server.on(event, () => seen.push("listener before"));
    const hijacking = enableHijack(server);
    server.on(event, (socket: Socket) => {
      seen.push("listener after");
      const { parser } = socket as unknown as { parser: { onIncoming: (...parameters: unknown[]) => unknown } };
      const { onIncoming } = parser;
      parser.onIncoming = (...parameters) => {
        seen.push("wrapper");
        return onIncoming(...parameters);
      };
    });
    await open(server, kind);
    const client = await connectHttp1(server, kind);
    await client.get();
    hijacking.close();
    await client.get();
    await client.get();
    await (await connectHttp1(server, kind)).get();
    const accepted = ["listener before", "listener after"];
    expect(seen).toEqual([...accepted, "wrapper", "wrapper", "wrapper", ...accepted, "wrapper"]);
  });

  test("closed while a connection is being accepted: it can't be hijacked", async () => {
    const server = makeServer(kind) as Server;
    server.removeAllListeners("request");
    const hijacking: Closeable[] = [];
    server.on("connection", () => hijacking[0]?.close());
    hijacking.push(enableHijack(server));
    await open(server, kind);
    const client = await connectHttp1(server, kind);
    client.send("/");
    const [request, response] = (await once(server, "request")) as Parameters<typeof hijack>;
    expect(await refusalOf(hijack(request, response))).toBe("ERR_SOCKINFO_NOT_ENABLED");
  });
});
