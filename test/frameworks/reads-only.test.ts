// getSocket() only reads: the objects of Node and of frameworks have the same properties afterwards.
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Session } from "node:http2";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { H3, type H3Event } from "h3";
import { toNodeHandler } from "h3/node";
import { Hono, type Context } from "hono";
import Koa from "koa";
import { getSocket, type SocketSource } from "sockinfo";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { changesBy, type Objects } from "./own-properties";

/** Returns what getSocket() changes in any of the objects, for each of the sources. */
function changes(sources: Readonly<Record<string, Exclude<SocketSource, number>>>, others: Objects = {}): string[] {
  const objects = { ...(sources as Objects), ...others };
  return Object.values(sources).flatMap((source) => changesBy(() => getSocket(source), objects));
}

/** Servers that answer with the changes as JSON. */
const SERVERS: Readonly<Record<string, () => Server | Promise<Server>>> = {
  "node:http": () =>
    createServer((req, res) => void res.end(JSON.stringify(changes({ req, res }, { socket: req.socket })))),
  Express: () => {
    const app = express();
    app.get("/", (req, res) => void res.json(changes({ req, res })));
    return createServer(app);
  },
  Fastify: async () => {
    const app = fastify();
    app.get("/", (request, reply) => changes({ request, reply }, { req: request.raw, res: reply.raw }));
    await app.ready();
    return createServer((req, res) => app.routing(req, res));
  },
  Koa: () => {
    const app = new Koa();
    app.use((ctx) => {
      const { request, response, req, res } = ctx;
      ctx.body = changes({ ctx, request, response }, { req, res });
    });
    return createServer(app.callback());
  },
  hapi: async () => {
    const listener = createServer();
    const app = createHapi({ listener, autoListen: false });
    app.route({ method: "GET", path: "/", handler: (request) => changes({ request }, request.raw) });
    await app.start();
    onTestFinished(() => app.stop());
    return listener;
  },
  Hono: () => {
    const app = new Hono();
    app.get("/", (c: Context) => c.json(changes({ c }, { env: c.env as object, ...(c.env as Objects) })));
    return createAdaptorServer(app) as Server;
  },
  h3: () => {
    const app = new H3();
    app.get("/", (event: H3Event) => changes({ event, req: event.req }, { node: event.runtime?.node?.req as object }));
    return createServer(toNodeHandler(app));
  },
};

test("changesBy() finds changed, removed and added properties", () => {
  const symbol = Symbol("added");
  const object: Record<PropertyKey, unknown> = { kept: 1, changed: 1, removed: 1 };
  const call = (): void => {
    object["changed"] = 2;
    delete object["removed"];
    object[symbol] = 1;
  };
  expect(changesBy(call, { object })).toEqual(["object.changed", "object.removed", "object.Symbol(added)"]);
});

test.for(Object.keys(SERVERS))("%s: getSocket() changes no property", async (name) => {
  const server = await SERVERS[name]?.();
  const { answer } = await get<string[]>(await listen(server as Server));
  expect(answer).toEqual([]);
});

test("node:http2: getSocket() changes no property", async () => {
  const server = createHttp2Server((req, res) => {
    const { stream } = req;
    const session = stream.session as Http2Session;
    // Node creates the proxies for `socket` when they are first read, and keeps them.
    const made = [req.socket, session.socket];
    expect(made).not.toContain(undefined);
    res.end(JSON.stringify(changes({ req, res, stream, session })));
  });
  const { answer } = await getOverHttp2<string[]>(await listen(server));
  expect(answer).toEqual([]);
});
