// Handlers of frameworks that take the connection, and what the framework does when they have returned: nothing to it.
import { createServer, type RequestListener, type Server } from "node:http";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import type { Duplex } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { connectTo, Received } from "./helpers/kinds";
import { pauses } from "./helpers/take";

const GET = "GET /take HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = 'POST /take HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}';

const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
beforeEach(() => {
  uncaught.length = 0;
  process.on("uncaughtException", note).on("unhandledRejection", note);
});
afterEach(() => {
  process.off("uncaughtException", note).off("unhandledRejection", note);
  expect(uncaught).toEqual([]);
});

/** Gives back all that comes, behind a greeting. */
async function echo(...[request, response]: Parameters<typeof hijack>): Promise<void> {
  const { socket, head } = await hijack(request, response);
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.write("taken:");
  socket.write(head);
  socket.on("data", (data: Buffer) => socket.write(data));
}

interface Application {
  /** Before the handler. */
  readonly readsBody: boolean;
  start(): Promise<Server> | Server;
}

const fastifyWith = async (isAsync: boolean, hijacking: Parameters<typeof enableHijack>[1] = {}): Promise<Server> => {
  const app = fastify({ forceCloseConnections: true });
  enableHijack(app.server, hijacking);
  if (isAsync) {
    app.addHook("onRequest", async () => pauses.immediate());
    app.addHook("preHandler", async () => pauses.immediate());
  }
  app.addHook("onResponse", async () => {});
  app.route({
    method: ["GET", "POST"],
    url: "/take",
    handler: (request, reply) => {
      reply.hijack();
      void echo(request.raw, reply.raw);
    },
  });
  app.get("/", () => "ok");
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return app.server;
};

const serveOn = (listener: RequestListener, hijacking = {}): Promise<Server> => {
  const server = createServer(listener);
  enableHijack(server, hijacking);
  return listen(server);
};

const hold = { hold: () => true };

const APPLICATIONS: Record<string, Application> = {
  "Express, in a handler": {
    readsBody: false,
    start: () => {
      const app = express();
      app.all("/take", (request, response) => void echo(request, response));
      app.get("/", (_, response) => void response.send("ok"));
      return serveOn(app);
    },
  },
  "Express, behind express.json(), held": {
    readsBody: true,
    start: () => {
      const app = express().use(express.json());
      app.all("/take", (request, response) => {
        if (request.method === "POST") expect(request.body).toEqual({ a: 1 });
        setImmediate(() => void echo(request, response));
      });
      app.get("/", (_, response) => void response.send("ok"));
      return serveOn(app, hold);
    },
  },
  Koa: {
    readsBody: false,
    start: () => {
      const app = new Koa();
      app.use((context) => {
        if (context.path === "/take") {
          context.respond = false;
          void echo(context.req, context.res);
        } else context.body = "ok";
      });
      return serveOn(app.callback());
    },
  },
  "Koa, behind an async middleware, held, respond not turned off": {
    readsBody: false,
    start: () => {
      const app = new Koa();
      app.use(async (_, next) => {
        await pauses.immediate();
        await next();
      });
      app.use(async (context) => {
        if (context.path === "/take") await echo(context.req, context.res);
        else context.body = "ok";
      });
      return serveOn(app.callback(), hold);
    },
  },
  "Hono, on @hono/node-server": {
    readsBody: false,
    start: () => {
      const app = new Hono<{ Bindings: HttpBindings }>();
      app.all("/take", async ({ env }) => {
        await echo(env.incoming, env.outgoing);
        return RESPONSE_ALREADY_SENT;
      });
      app.get("/", (c) => c.text("ok"));
      const server = createAdaptorServer(app) as Server;
      enableHijack(server);
      return listen(server);
    },
  },
  Fastify: { readsBody: true, start: () => fastifyWith(false) },
  "Fastify, held": { readsBody: true, start: () => fastifyWith(false, hold) },
  "Fastify, behind async hooks, held": { readsBody: true, start: () => fastifyWith(true, hold) },
  "hapi, held": {
    readsBody: true,
    start: async () => {
      const app = createHapi({ host: "127.0.0.1", port: 0 });
      enableHijack(app.listener, hold);
      app.route({
        method: ["GET", "POST"],
        path: "/take",
        handler: async ({ raw }, h) => {
          await echo(raw.req, raw.res);
          return h.abandon;
        },
      });
      app.route({ method: "GET", path: "/", handler: () => "ok" });
      await app.start();
      onTestFinished(() => {
        app.listener.closeAllConnections();
        void app.stop({ timeout: 0 });
      });
      return app.listener;
    },
  },
};

async function dialTo(server: Server): Promise<{ client: Duplex; received: Received }> {
  const client = await connectTo(server, "http");
  return { client, received: new Received(client) };
}

describe.each(Object.keys(APPLICATIONS))("%s", (name) => {
  const application = APPLICATIONS[name] as Application;
  test("the bytes behind the request, and the connection ever after", async () => {
    const server = await application.start();
    const { client, received } = await dialTo(server);
    client.write(`${GET}eager`);
    await until(() => received.text === "taken:eager");
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.write(" and late");
    await until(() => received.text === "taken:eager and late");
    client.end();
    await received.over;
    expect(received.text).toBe("taken:eager and late");
  });

  test("a client that waits", async () => {
    const { client, received } = await dialTo(await application.start());
    client.write(GET);
    await until(() => received.text === "taken:");
    client.end("late");
    await received.over;
    expect(received.text).toBe("taken:late");
  });

  test("what else it serves, before and meanwhile", async () => {
    const server = await application.start();
    const { client, received } = await dialTo(server);
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => received.text.endsWith("\r\n\r\nok"));
    client.write(`${GET}eager`);
    await until(() => received.text.endsWith("taken:eager"));
    const other = await dialTo(server);
    other.client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await other.received.over;
    expect(other.received.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  });

  test(`a body, which is ${application.readsBody ? "" : "not "}read before`, async () => {
    const { client, received } = await dialTo(await application.start());
    // Fastify reads it, and without `hold` its handler comes late then.
    const behind = name === "Fastify" ? "" : "eager";
    client.write(POST + behind);
    const expected = `taken:${application.readsBody ? "" : '{"a":1}'}${behind}`;
    await until(() => received.text.length >= expected.length);
    expect(received.text).toBe(expected);
  });
});
