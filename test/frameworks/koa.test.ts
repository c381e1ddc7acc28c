// Koa: ctx, its request and response, and Node's own req and res.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import Koa from "koa";
import { test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

const names = ["ctx", "request", "response", "req", "res"];

function reportContext(ctx: Koa.Context): SourceReports {
  const { request, response, req, res } = ctx;
  return reportSources({ ctx, request, response, req, res });
}

test("ctx and all that it holds lead to the connection", async () => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = reportContext(ctx);
  });
  const { answer, connection } = await get(await listen(createServer(app.callback())));
  expectSameConnection(answer, names, connection);
});

test("ctx and all that it holds lead to the connection after the response has been sent", async () => {
  let after: SourceReports | undefined;
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = {};
    ctx.res.on("finish", () => {
      after = reportContext(ctx);
    });
  });
  const { connection } = await get(await listen(createServer(app.callback())));
  await until(() => after !== undefined);
  expectSameConnection(after ?? {}, names, connection);
});

test("over HTTP/2, ctx and all that it holds lead to the connection", async () => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = reportContext(ctx);
  });
  const { answer, connection } = await getOverHttp2(await listen(createHttp2Server(app.callback())));
  expectSameConnection(answer, names, connection);
});
