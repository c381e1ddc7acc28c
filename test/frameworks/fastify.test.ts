// Fastify: request and reply, in handlers and hooks, and when the response has been sent.
import fastify, { type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { get } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

const names = ["request", "reply"];

async function start(app: FastifyInstance): Promise<FastifyInstance["server"]> {
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    app.server.closeAllConnections();
    void app.close();
  });
  return app.server;
}

test("request and reply lead to the connection", async () => {
  const app = fastify();
  app.get("/", (request, reply) => look({ request, reply }));
  const { answer, connection } = await get(await start(app));
  expectSightings(answer, names, connection);
});

test("so they do in hooks, before the handler and when the response has been sent", async () => {
  const seen = new Map<string, Sightings>();
  const app = fastify();
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
  const app = fastify();
  app.get("/", async (request, reply) => {
    await reply.send({});
    expect(reply.raw.socket).toBeNull();
    after = look({ request, reply });
  });
  const { connection } = await get(await start(app));
  await until(() => after !== undefined);
  expectSightings(after ?? {}, names, connection);
});
