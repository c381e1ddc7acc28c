// The header that the client gets from each framework, after the handler has set one by the framework's own call.
import { Agent, createServer, get, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { H3 } from "h3";
import { toNodeHandler } from "h3/node";
import { Hono } from "hono";
import Koa from "koa";
import polka from "polka";
import { appendServerTiming, describeServerTiming } from "sockinfo/server-timing";
import { expect, onTestFinished, test } from "vitest";
import { argumentErrorOf } from "../helpers/refusals";
import { listen, portOf } from "../helpers/servers";

const OWN = "db;dur=53";
/** The functions that return whether something was appended. */
const SERVERS: Record<string, (saw: (appended: boolean) => void) => Promise<Server>> = {
  async Express(saw) {
    const app = express();
    app.get("/", (_, res) => {
      res.set("Server-Timing", OWN);
      saw(appendServerTiming(res));
      res.send("ok");
    });
    return listen(createServer(app));
  },
  async polka(saw) {
    const { handler } = polka().get("/", (_, res) => {
      res.setHeader("Server-Timing", OWN);
      saw(appendServerTiming(res));
      res.end("ok");
    });
    return listen(createServer((req, res) => handler(req as never, res)));
  },
  async Fastify(saw) {
    const app = Fastify();
    app.get("/", async (_, reply) => {
      reply.header("Server-Timing", OWN);
      saw(appendServerTiming(reply));
      return "ok";
    });
    await app.ready();
    return listen(app.server);
  },
  async Koa(saw) {
    const app = new Koa();
    app.use((ctx) => {
      ctx.set("Server-Timing", OWN);
      saw(appendServerTiming(ctx));
      ctx.body = "ok";
    });
    return listen(createServer(app.callback()));
  },
  async "Koa's ctx.response"(saw) {
    const app = new Koa();
    app.use(({ response }) => {
      response.set("Server-Timing", OWN);
      saw(appendServerTiming(response));
      response.body = "ok";
    });
    return listen(createServer(app.callback()));
  },
  async Hono(saw) {
    const app = new Hono();
    app.get("/", (c) => {
      c.header("Server-Timing", OWN);
      saw(appendServerTiming(c));
      return c.text("ok");
    });
    return listen(createAdaptorServer(app) as Server);
  },
  async h3(saw) {
    const app = new H3();
    app.get("/", (event) => {
      event.res.headers.set("Server-Timing", OWN);
      saw(appendServerTiming(event));
      return "ok";
    });
    return listen(createServer(toNodeHandler(app)));
  },
  async "hapi, by the text"(saw) {
    const app = createHapi({ host: "127.0.0.1", port: 0 });
    app.route({
      method: "GET",
      path: "/",
      handler: (request, h) => {
        const timing = describeServerTiming(request);
        saw(timing !== undefined);
        const response = h.response("ok").header("Server-Timing", OWN);
        return timing === undefined
          ? response
          : response.header("Server-Timing", timing, { append: true, separator: ", " });
      },
    });
    await app.start();
    onTestFinished(() => app.stop());
    return app.listener;
  },
};

async function headersOf(server: Server, agent: Agent | false = false): Promise<string | undefined> {
  const request = get({ port: portOf(server), host: "127.0.0.1", agent });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
  return response.headers["server-timing"] as string | undefined;
}

test.each(Object.keys(SERVERS))("%s", async (name) => {
  const seen: boolean[] = [];
  const server = await (SERVERS[name] as (saw: (appended: boolean) => void) => Promise<Server>)((appended) =>
    seen.push(appended),
  );
  const header = await headersOf(server);
  expect(header).toMatch(
    /^db;dur=53, ?tcp-rtt;dur=[\d.]+;desc="TCP RTT"(, tcp-min-rtt;dur=[\d.]+;desc="TCP RTT min")?$/,
  );
  expect(seen).toEqual([true]);
});

test("a request is refused, although it has a header() of its own: Hono's c.req, Express's req", async () => {
  const hono = new Hono();
  hono.get("/", async (c) => c.text(String(await argumentErrorOf(() => appendServerTiming(c.req as never)))));
  const app = express();
  app.get("/", (req, res) => {
    void argumentErrorOf(() => appendServerTiming(req as never)).then((message) => res.send(message));
  });
  for (const server of [createAdaptorServer(hono) as Server, createServer(app)]) {
    const response = await fetch(`http://127.0.0.1:${portOf(await listen(server))}/`);
    expect(await response.text()).toMatch(/^The "res" argument must be a response/);
    expect(response.headers.has("server-timing")).toBe(false);
  }
});

test("a mock request has no connection: nothing is appended", async () => {
  const app = Fastify();
  app.get("/", async (_, reply) => ({ appended: appendServerTiming(reply) }));
  const response = await app.inject("/");
  expect(response.json()).toEqual({ appended: false });
  expect(response.headers).not.toHaveProperty("server-timing");
});

/** Each handler keeps a call that appends later. */
const LATE: Record<string, (keep: (append: () => boolean) => void) => Promise<Server>> = {
  async Fastify(keep) {
    const app = Fastify();
    app.get("/", async (_, reply) => {
      keep(() => appendServerTiming(reply));
      return "ok";
    });
    await app.ready();
    return listen(app.server);
  },
  async Koa(keep) {
    const app = new Koa();
    app.use((ctx) => {
      keep(() => appendServerTiming(ctx));
      ctx.body = "ok";
    });
    return listen(createServer(app.callback()));
  },
  async Hono(keep) {
    const app = new Hono();
    app.get("/", (c) => {
      keep(() => appendServerTiming(c));
      return c.text("ok");
    });
    return listen(createAdaptorServer(app) as Server);
  },
  async h3(keep) {
    const app = new H3();
    app.get("/", (event) => {
      keep(() => appendServerTiming(event));
      return "ok";
    });
    return listen(createServer(toNodeHandler(app)));
  },
};

test.each(Object.keys(LATE))("%s: nothing is appended after the response", async (name) => {
  const append: (() => boolean)[] = [];
  const server = await LATE[name]?.((call) => void append.push(call));
  // The connection stays open. On a closed one, nothing could be read.
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  expect(await headersOf(server as Server, agent)).toBeUndefined();
  expect(append.map((call) => call())).toEqual([false]);
});

test("Hono's middleware may append after the handler, before the headers are sent", async () => {
  const seen: boolean[] = [];
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    seen.push(appendServerTiming(c));
  });
  app.get("/", (c) => c.text("ok"));
  expect(await headersOf(await listen(createAdaptorServer(app) as Server))).toMatch(/^tcp-rtt;/);
  expect(seen).toEqual([true]);
});
