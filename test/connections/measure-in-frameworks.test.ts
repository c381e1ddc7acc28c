// measureRequest with what the handlers of the frameworks are given, against the bytes that their client has read.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { connect, type Socket } from "node:net";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { H3 } from "h3";
import { toNodeHandler } from "h3/node";
import { Hono } from "hono";
import Koa from "koa";
import type { SocketSource } from "sockinfo";
import { measureRequest, type RequestCost, trackConnections } from "sockinfo/connections";
import { serve } from "srvx";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf } from "../helpers/servers";

/** Measures what a handler has, by all its names, and answers. */
type Measure = (sources: Record<string, SocketSource>) => string;

const BODY = "x".repeat(20_000);

type Handler = Parameters<typeof createServer>[1];

const HANDLERS: Record<string, (measure: Measure) => Handler | Promise<Handler>> = {
  Express: (measure) => {
    const app = express();
    app.get("/", (req, res) => void res.send(measure({ req, res })));
    return app as Handler;
  },
  Fastify: async (measure) => {
    const app = fastify();
    app.get("/", (request, reply) => measure({ request, reply, raw: request.raw, "reply.raw": reply.raw }));
    await app.ready();
    return (req, res) => app.routing(req, res);
  },
  Koa: (measure) => {
    const app = new Koa();
    app.use((ctx) => {
      const { request, response, req, res } = ctx;
      ctx.body = measure({ ctx, request, response, req, res });
    });
    return app.callback();
  },
  h3: (measure) => {
    const app = new H3();
    app.get("/", (event) => measure({ event, "event.req": event.req }));
    return toNodeHandler(app);
  },
};

/** Frameworks that make the server themselves. */
const SERVERS: Record<string, (measure: Measure) => Server | Promise<Server>> = {
  Hono: (measure) => {
    const app = new Hono();
    app.get("/", (c) => c.text(measure({ c })));
    return createAdaptorServer(app) as Server;
  },
  hapi: async (measure) => {
    const app = createHapi({ host: "127.0.0.1", port: 0 });
    app.route({ method: "GET", path: "/", handler: (request) => measure({ request }) });
    await app.initialize();
    return app.listener;
  },
  srvx: async (measure) => {
    const fetch = (request: Request) => new Response(measure({ request }));
    const server = serve({ fetch, manual: true, silent: true });
    return server.node?.server as Server;
  },
};

function measuring(): { measure: Measure; costs: () => Promise<[string, RequestCost][]> } {
  const measured: Promise<[string, RequestCost]>[] = [];
  const measure: Measure = (sources) => {
    for (const [name, source] of Object.entries(sources)) {
      measured.push(measureRequest(source).then((cost): [string, RequestCost] => [name, cost]));
    }
    return BODY;
  };
  return { measure, costs: () => Promise.all(measured) };
}

/** Each is the whole response, and nothing else. */
function expectCosts(costs: [string, RequestCost][], bytes: number): void {
  expect(bytes).toBeGreaterThan(BODY.length);
  expect(costs.length).toBeGreaterThan(0);
  for (const [name, { bytesSent = 0, retransmittedBytes = 0, aborted, shared }] of costs) {
    const seen = { name, bytes: bytesSent - retransmittedBytes, aborted, shared };
    expect(seen).toEqual({ name, bytes, aborted: false, shared: false });
  }
}

async function open(server: Server | Http2Server): Promise<Socket> {
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await listen(server);
  const client = connect(portOf(server), "127.0.0.1").on("error", () => {});
  onTestFinished(() => void client.destroy());
  await once(client, "connect");
  return client;
}

test.each([
  ...Object.entries(SERVERS),
  ...Object.entries(HANDLERS).map(
    ([name, make]) => [name, async (measure: Measure) => createServer(await make(measure))] as const,
  ),
])("%s", async (_name, makeServer) => {
  const { measure, costs } = measuring();
  const client = await open(await makeServer(measure));
  client.resume().write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await once(client, "end");
  expectCosts(await costs(), client.bytesRead);
});

test.each(["Fastify", "Koa"])("%s, over HTTP/2", async (name) => {
  const { measure, costs } = measuring();
  const make = HANDLERS[name] as (measure: Measure) => Handler | Promise<Handler>;
  const raw = await open(createHttp2Server((await make(measure)) as Parameters<typeof createHttp2Server>[1]));
  const session = connectHttp2("http://localhost", { createConnection: () => raw });
  onTestFinished(() => session.destroy());
  await new Promise((resolve) => session.ping(resolve));
  const before = raw.bytesRead;
  const stream = session.request({ ":path": "/" }).resume();
  await once(stream, "close");
  expectCosts(await costs(), raw.bytesRead - before);
});
