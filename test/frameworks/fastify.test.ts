// Fastify: request and reply, in handlers and hooks, and when the response has been sent.
import { createServer } from "node:http2";
import fastify, { type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

const names = ["request", "reply"];

async function start(app: FastifyInstance): Promise<FastifyInstance["server"]> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return app.server;
}

test("request and reply lead to the connection", async () => {
  const app = fastify({ forceCloseConnections: true });
  app.get("/", (request, reply) => look({ request, reply }));
  const { answer, connection } = await get(await start(app));
  expectSightings(answer, names, connection);
});

test("so they do in hooks, before the handler and when the response has been sent", async () => {
  const seen = new Map<string, Sightings>();
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => void seen.set("onRequest", look({ request, reply })));
  app.addHook("onSend", async (request, reply) => void seen.set("onSend", look({ request, reply })));
  app.addHook("onResponse", async (request, reply) => void seen.set("onResponse", look({ request, reply })));
  app.get("/", () => ({}));
  const { connection } = await get(await start(app));
  await until(() => seen.size === 3);
  for (const sightings of seen.values()) expectSightings(sightings, names, connection);
});

test("a reply that was sent before an answer was awaited leads there, too", async () => {
  let after: Sightings | undefined;
  const app = fastify({ forceCloseConnections: true });
  app.get("/", async (request, reply) => {
    await reply.send({});
    expect(reply.raw.socket).toBeNull();
    after = look({ request, reply });
  });
  const { connection } = await get(await start(app));
  await until(() => after !== undefined);
  expectSightings(after ?? {}, names, connection);
});

test("over HTTP/2, request and reply lead to the connection", async () => {
  const app = fastify({ http2: true });
  app.get("/", (request, reply) => look({ request, reply }));
  await app.ready();
  const { answer, connection } = await getOverHttp2(await listen(createServer((req, res) => app.routing(req, res))));
  expectSightings(answer, names, connection);
});

test("over HTTP/2, they no longer do when the response has been sent: the stream has left the session", async () => {
  let after: Sightings | undefined;
  const app = fastify({ http2: true });
  app.addHook("onResponse", async (request, reply) => {
    after = look({ request, reply });
  });
  app.get("/", () => ({}));
  await app.ready();
  await getOverHttp2(await listen(createServer((req, res) => app.routing(req, res))));
  await until(() => after !== undefined);
  const closed = { error: "ERR_SOCKINFO_SOCKET_CLOSED" };
  expect(after).toEqual({ request: closed, reply: closed });
});
