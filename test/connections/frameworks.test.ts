// getConnection and measureRequest with the objects that frameworks give to handlers. The measurements are compared
// with the bytes that the client has read. After the response has closed, the objects must still lead to the
// connection.
import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { H3 } from "h3";
import { toNodeHandler } from "h3/node";
import { Hono } from "hono";
import Koa from "koa";
import type { SocketSource } from "sockinfo";
import { getConnection, measureRequest, type RequestCost } from "sockinfo/connections";
import { serve } from "srvx";
import { expect, onTestFinished, test } from "vitest";
import { dial } from "../helpers/http-clients";
import { startTracked } from "./helpers/requests";

type Sources = Record<string, SocketSource>;
/** Called by a handler with all its objects that lead to a connection. Returns the body to answer with. */
type Look = (sources: Sources) => string;
type Protocol = "http/1.1" | "h2c";

const BODY = "x".repeat(20_000);

function nodeServer(protocol: Protocol, handler: unknown): Server {
  if (protocol === "http/1.1") return createServer(handler as RequestListener);
  return createHttp2Server(handler as never) as unknown as Server;
}

const BOTH: readonly Protocol[] = ["http/1.1", "h2c"];
const HTTP1: readonly Protocol[] = ["http/1.1"];

const FRAMEWORKS: Readonly<
  Record<string, { protocols: readonly Protocol[]; make: (look: Look, protocol: Protocol) => Server | Promise<Server> }>
> = {
  Express: {
    protocols: HTTP1,
    make: (look, protocol) => {
      const app = express();
      app.get("/", (req, res) => void res.send(look({ req, res })));
      return nodeServer(protocol, app);
    },
  },
  Fastify: {
    protocols: BOTH,
    make: async (look, protocol) => {
      const app = fastify();
      onTestFinished(() => app.close());
      app.get("/", (request, reply) => look({ request, reply, raw: request.raw, "reply.raw": reply.raw }));
      await app.ready();
      return nodeServer(protocol, app.routing);
    },
  },
  Koa: {
    protocols: BOTH,
    make: (look, protocol) => {
      const app = new Koa();
      app.use((ctx) => {
        const { request, response, req, res } = ctx;
        ctx.body = look({ ctx, request, response, req, res });
      });
      return nodeServer(protocol, app.callback());
    },
  },
  h3: {
    protocols: HTTP1,
    make: (look, protocol) => {
      const app = new H3();
      app.get("/", (event) => look({ event, "event.req": event.req }));
      return nodeServer(protocol, toNodeHandler(app));
    },
  },
  Hono: {
    protocols: BOTH,
    make: (look, protocol) => {
      const app = new Hono<{ Bindings: { incoming: SocketSource; outgoing: SocketSource } }>();
      app.get("/", (c) => c.text(look({ c, incoming: c.env.incoming, outgoing: c.env.outgoing })));
      if (protocol === "http/1.1") return createAdaptorServer(app) as Server;
      return createAdaptorServer({ fetch: app.fetch, createServer: createHttp2Server }) as Server;
    },
  },
  hapi: {
    protocols: HTTP1,
    make: async (look) => {
      const app = createHapi({ host: "127.0.0.1", port: 0 });
      app.route({
        method: "GET",
        path: "/",
        handler: (request) => look({ request, req: request.raw.req, res: request.raw.res }),
      });
      await app.initialize();
      return app.listener;
    },
  },
  srvx: {
    protocols: HTTP1,
    make: (look) => {
      const fetch = (request: Request) => new Response(look({ request }));
      return serve({ fetch, manual: true, silent: true }).node?.server as Server;
    },
  },
};

const CASES = Object.entries(FRAMEWORKS).flatMap(([name, { protocols, make }]) =>
  protocols.map((protocol) => [name, protocol, make] as const),
);

/** Makes one request, and returns how many bytes of its response the client has read. */
async function get(server: Server, protocol: Protocol): Promise<number> {
  const wire = await dial(server);
  if (protocol === "http/1.1") {
    wire.resume().write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await once(wire, "end");
    return wire.bytesRead;
  }
  const session = connectHttp2("http://localhost", { createConnection: () => wire });
  onTestFinished(() => session.destroy());
  await new Promise((resolve) => session.ping(resolve));
  const before = wire.bytesRead;
  await once(session.request({ ":path": "/" }).resume(), "close");
  return wire.bytesRead - before;
}

test.each(CASES)("%s over %s", async (_, protocol, make) => {
  const costs: Promise<[string, RequestCost]>[] = [];
  const found: [string, unknown][] = [];
  let sources: [string, SocketSource][] = [];
  const findAll = (when: string) => {
    for (const [name, source] of sources) found.push([`${name} ${when}`, getConnection(source)]);
  };
  const server = await make((given) => {
    sources = Object.entries(given);
    costs.push(...sources.map(async ([name, source]) => [name, await measureRequest(source)] as [string, RequestCost]));
    findAll("in the handler");
    return BODY;
  }, protocol);
  const closed = new Promise<void>((resolve) => {
    server.prependOnceListener("request", (_req, res: ServerResponse) => {
      res.once("close", () => resolve(findAll("in 'close'")));
    });
  });
  await startTracked(server);

  const accepted = once(server, "connection");
  const bytes = await get(server, protocol);
  await closed;
  expect(bytes).toBeGreaterThan(BODY.length);
  const seen = (await Promise.all(costs)).map(([name, { bytesSent = 0, retransmittedBytes = 0, aborted, shared }]) => {
    return { name, bytes: bytesSent - retransmittedBytes, aborted, shared };
  });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual(sources.map(([name]) => ({ name, bytes, aborted: false, shared: false })));

  const [socket] = await accepted;
  expect(found).toHaveLength(2 * sources.length);
  for (const [where, connection] of found)
    expect((connection as { socket: unknown }).socket === socket, where).toBe(true);
  expect(new Set(found.map(([, connection]) => connection)).size).toBe(1);
});
