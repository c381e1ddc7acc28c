// Handlers of frameworks hijack, early or late. The framework must not affect the connection after they have returned.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { server as createHapi } from "@hapi/hapi";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { enableHijack, hijack } from "sockinfo/hijack";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { pauses } from "./helpers/pauses";
import { Received, connectTo } from "./helpers/servers";

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

/** Sends a greeting, and then sends back what comes. Answers with the code of a refusal. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hijacked = await hijack(request, response).catch(({ code }: { code: string }) => code);
  if (typeof hijacked === "string") return void response.end(hijacked);
  const { socket, head } = hijacked;
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.write("taken:");
  socket.write(head);
  socket.on("data", (data: Buffer) => socket.write(data));
}

interface Application {
  /** When the handler of a GET and of a POST hijacks. `body` is late after the framework has read the body. */
  readonly when: Readonly<Record<"GET" | "POST", "early" | "late" | "body">>;
  start(): Promise<Server> | Server;
}

const EARLY = { GET: "early", POST: "early" } as const;
const LATE = { GET: "late", POST: "late" } as const;

const fastifyWith = async (isAsync: boolean): Promise<Server> => {
  const app = fastify({ forceCloseConnections: true });
  enableHijack(app.server);
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

const serveOn = (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener);
  enableHijack(server);
  return listen(server);
};

const APPLICATIONS: Record<string, Application> = {
  "Express, in a handler": {
    when: EARLY,
    start: () => {
      const app = express();
      app.all("/take", (request, response) => void echo(request, response));
      app.get("/", (_, response) => void response.send("ok"));
      return serveOn(app);
    },
  },
  "Express, after express.json()": {
    when: { GET: "late", POST: "body" },
    start: () => {
      const app = express().use(express.json());
      app.all("/take", (request, response) => {
        if (request.method === "POST") expect(request.body).toEqual({ a: 1 });
        setImmediate(() => void echo(request, response));
      });
      app.get("/", (_, response) => void response.send("ok"));
      return serveOn(app);
    },
  },
  Koa: {
    when: EARLY,
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
  "Koa, after an async middleware, respond not turned off": {
    when: LATE,
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
      return serveOn(app.callback());
    },
  },
  "Hono, on @hono/node-server": {
    when: EARLY,
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
  Fastify: { when: { GET: "early", POST: "body" }, start: () => fastifyWith(false) },
  "Fastify, after async hooks": { when: { GET: "late", POST: "body" }, start: () => fastifyWith(true) },
  hapi: {
    when: { GET: "late", POST: "body" },
    start: async () => {
      const app = createHapi({ host: "127.0.0.1", port: 0 });
      enableHijack(app.listener);
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
  const { when, start } = APPLICATIONS[name] as Application;

  test("a client that waits is hijacked, and nothing disturbs the connection later", async () => {
    const { client, received } = await dialTo(await start());
    client.write(GET);
    await until(() => received.text === "taken:");
    await sleep(50);
    client.end("late");
    await received.over;
    expect(received.text).toBe("taken:late");
  });

  test(`bytes in one segment with the request: ${when.GET === "early" ? "exact" : "refused"}`, async () => {
    const { client, received } = await dialTo(await start());
    // Node would answer 400 to bytes that can't be a request.
    client.write(`${GET}GET / H`);
    if (when.GET === "early") {
      await until(() => received.text === "taken:GET / H");
      client.end(" and late");
      await received.over;
      expect(received.text).toBe("taken:GET / H and late");
    } else {
      await until(() => received.text.includes("\r\n\r\nERR_SOCKINFO_BYTES_PARSED"));
    }
  });

  test("other requests are served, before and meanwhile", async () => {
    const server = await start();
    const { client, received } = await dialTo(server);
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => received.text.endsWith("\r\n\r\nok"));
    client.write(GET);
    await until(() => received.text.endsWith("taken:"));
    const other = await dialTo(server);
    other.client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await other.received.over;
    expect(other.received.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  });

  const EXPECTED = { early: 'taken:{"a":1}', body: "taken:", late: "ERR_SOCKINFO_BYTES_PARSED" };
  test(`a body: ${EXPECTED[when.POST]}`, async () => {
    const { client, received } = await dialTo(await start());
    client.write(POST);
    await until(() => received.text.endsWith(EXPECTED[when.POST]));
  });
});
