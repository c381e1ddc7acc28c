// The same connection from what frameworks hand out, when the response has been closed, too.
import { once } from "node:events";
import { createServer as createHttpServer, type Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { getRequestListener } from "@hono/node-server";
import { server as makeHapi } from "@hapi/hapi";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { getConnection, trackConnections } from "sockinfo/connections";
import { expect, onTestFinished, test } from "vitest";
import { connect } from "../helpers/http-clients";
import { open, type Kind } from "../helpers/http-servers";

type Sources = Record<string, Parameters<typeof getConnection>[0]>;
/** Makes a server whose handler reports its sources and answers "ok". */
type Make = (report: (res: unknown, sources: Sources) => void, kind: Kind) => Promise<Server>;

const nodeServer = (kind: Kind, listener: unknown): Server =>
  (kind === "h2c" ? createHttp2Server(listener as never) : createHttpServer(listener as never)) as Server;

const frameworks: Record<string, { kinds: readonly Kind[]; make: Make }> = {
  Express: {
    kinds: ["http"],
    make: async (report, kind) => {
      const app = express();
      app.get("/", (req, res) => {
        report(res, { req, res });
        res.end("ok");
      });
      return nodeServer(kind, app);
    },
  },
  Koa: {
    kinds: ["http", "h2c"],
    make: async (report, kind) => {
      const app = new Koa();
      app.use((ctx) => {
        const { req, res, request, response } = ctx;
        report(res, { ctx, req, res, request, response });
        ctx.body = "ok";
      });
      return nodeServer(kind, app.callback());
    },
  },
  Fastify: {
    kinds: ["http", "h2c"],
    make: async (report, kind) => {
      let server: Server | undefined;
      const app = fastify({ serverFactory: (handler) => (server = nodeServer(kind, handler)) });
      onTestFinished(() => app.close());
      app.get("/", (request, reply) => {
        report(reply.raw, { request, reply, req: request.raw, res: reply.raw });
        return "ok";
      });
      await app.ready();
      return server as Server;
    },
  },
  hapi: {
    kinds: ["http"],
    make: async (report) => {
      const app = makeHapi({ autoListen: false });
      app.route({
        method: "GET",
        path: "/",
        handler: (request) => {
          report(request.raw.res, { request, req: request.raw.req, res: request.raw.res });
          return "ok";
        },
      });
      await app.start();
      onTestFinished(() => app.stop({ timeout: 0 }));
      return app.listener;
    },
  },
  Hono: {
    kinds: ["http", "h2c"],
    make: async (report, kind) => {
      const app = new Hono<{ Bindings: { incoming: Sources[string]; outgoing: Sources[string] } }>();
      app.get("/", (c) => {
        report(c.env.outgoing, { c, incoming: c.env.incoming, outgoing: c.env.outgoing });
        return c.text("ok");
      });
      return nodeServer(kind, getRequestListener(app.fetch));
    },
  },
};

const cases = Object.entries(frameworks).flatMap(([name, { kinds, make }]) =>
  kinds.map((kind) => [name, kind, make] as const),
);

test.each(cases)("%s over %s", async (_, kind, make) => {
  const found: Record<string, unknown> = {};
  let names: string[] = [];
  const report = (res: unknown, sources: Sources): void => {
    names = Object.keys(sources);
    const lookAtAll = (when: string): void => {
      for (const [name, source] of Object.entries(sources)) found[`${name} ${when}`] = getConnection(source);
    };
    lookAtAll("in the handler");
    (res as ServerResponse).once("close", () => lookAtAll("in 'close'"));
  };
  const server = await make(report, kind);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  const idle = once(tracker, "idle");
  const client = await connect(server, kind);
  await client.get();
  await idle;
  const [connection] = tracker;
  expect(names.length).toBeGreaterThan(1);
  expect(Object.keys(found)).toHaveLength(2 * names.length);
  for (const [where, one] of Object.entries(found)) expect(one, where).toBe(connection);
});
