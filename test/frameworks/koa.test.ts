// Koa: ctx, its request and response, and Node's own under them.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import Koa from "koa";
import { test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

const names = ["ctx", "request", "response", "req", "res"];

function lookAtContext(ctx: Koa.Context): Sightings {
  const { request, response, req, res } = ctx;
  return look({ ctx, request, response, req, res });
}

test("ctx and all that it holds lead to the connection", async () => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = lookAtContext(ctx);
  });
  const { answer, connection } = await get(await listen(createServer(app.callback())));
  expectSightings(answer, names, connection);
});

test("so they do when the response has been sent", async () => {
  let after: Sightings | undefined;
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = {};
    ctx.res.on("finish", () => {
      after = lookAtContext(ctx);
    });
  });
  const { connection } = await get(await listen(createServer(app.callback())));
  await until(() => after !== undefined);
  expectSightings(after ?? {}, names, connection);
});

test("over HTTP/2, ctx and all that it holds lead to the connection", async () => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = lookAtContext(ctx);
  });
  const { answer, connection } = await getOverHttp2(await listen(createHttp2Server(app.callback())));
  expectSightings(answer, names, connection);
});
