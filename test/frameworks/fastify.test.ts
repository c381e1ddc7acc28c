// Fastify: request and reply, in handlers and hooks, and after the response has been sent.
import { createServer } from "node:http2";
import fastify, { type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

const names = ["request", "reply"];

async function start(app: FastifyInstance): Promise<FastifyInstance["server"]> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return app.server;
}

test("request and reply lead to the connection", async () => {
  const app = fastify({ forceCloseConnections: true });
  app.get("/", (request, reply) => reportSources({ request, reply }));
  const { answer, connection } = await get(await start(app));
  expectSameConnection(answer, names, connection);
});

test("request and reply lead to the connection in hooks, before the handler and after the response has been sent", async () => {
  const seen = new Map<string, SourceReports>();
  const app = fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => void seen.set("onRequest", reportSources({ request, reply })));
  app.addHook("onSend", async (request, reply) => void seen.set("onSend", reportSources({ request, reply })));
  app.addHook("onResponse", async (request, reply) => void seen.set("onResponse", reportSources({ request, reply })));
  app.get("/", () => ({}));
  const { connection } = await get(await start(app));
  await until(() => seen.size === 3);
  for (const reports of seen.values()) expectSameConnection(reports, names, connection);
});

test("request and reply lead to the connection after `await reply.send()` in the handler", async () => {
  let after: SourceReports | undefined;
  const app = fastify({ forceCloseConnections: true });
  app.get("/", async (request, reply) => {
    await reply.send({});
    expect(reply.raw.socket).toBeNull();
    after = reportSources({ request, reply });
  });
  const { connection } = await get(await start(app));
  await until(() => after !== undefined);
  expectSameConnection(after ?? {}, names, connection);
});

test("over HTTP/2, request and reply lead to the connection", async () => {
  const app = fastify({ http2: true });
  app.get("/", (request, reply) => reportSources({ request, reply }));
  await app.ready();
  const { answer, connection } = await getOverHttp2(await listen(createServer((req, res) => app.routing(req, res))));
  expectSameConnection(answer, names, connection);
});

test("over HTTP/2, request and reply lead to no socket after the response, because the stream has left the session", async () => {
  let after: SourceReports | undefined;
  const app = fastify({ http2: true });
  app.addHook("onResponse", async (request, reply) => {
    after = reportSources({ request, reply });
  });
  app.get("/", () => ({}));
  await app.ready();
  await getOverHttp2(await listen(createServer((req, res) => app.routing(req, res))));
  await until(() => after !== undefined);
  const closed = { error: "ERR_SOCKINFO_SOCKET_CLOSED" };
  expect(after).toEqual({ request: closed, reply: closed });
});
