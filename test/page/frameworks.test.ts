// The line of docs/page.md for each framework, with the real framework: all resources, the redirect to the folder,
// and the stream.
import { createServer, type Server } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import express from "express";
import Fastify from "fastify";
import { fromNodeHandler, H3 } from "h3";
import { toNodeHandler } from "h3/node";
import { Hono } from "hono";
import Koa from "koa";
import polka from "polka";
import type { ConnectionsPage } from "sockinfo/page";
import { describe, expect, onTestFinished, test } from "vitest";
import { certificate } from "../helpers/http-servers";
import { listen, portOf, until } from "../helpers/servers";
import { serve, show, type Target, visit, watch } from "./visits";

const SERVERS: Record<string, (page: ConnectionsPage) => Promise<Server>> = {
  async "node:http"(page) {
    return createServer((req, res) => {
      if (/^\/connections(\/|$)/.test(req.url ?? "")) page(req, res);
      else res.end("ok");
    });
  },
  async Express(page) {
    const app = express();
    app.use("/connections", page);
    app.get("/", (_, res) => void res.send("ok"));
    return createServer(app);
  },
  async polka(page) {
    const { handler } = polka()
      .use("/connections", page as never)
      .get("/", (_, res) => res.end("ok"));
    return createServer((req, res) => handler(req as never, res));
  },
  async Fastify(page) {
    const app = Fastify();
    const answer = (
      request: { raw: Parameters<typeof page>[0] },
      reply: { raw: Parameters<typeof page>[1]; hijack(): unknown },
    ): void => {
      reply.hijack();
      page(request.raw, reply.raw);
    };
    app.all("/connections", answer);
    app.all("/connections/*", answer);
    app.get("/", async () => "ok");
    await app.ready();
    return app.server;
  },
  async Koa(page) {
    const app = new Koa();
    app.use((ctx) => {
      if (!/^\/connections(\/|$)/.test(ctx.path)) {
        ctx.body = "ok";
        return;
      }
      ctx.respond = false;
      page(ctx.req, ctx.res);
    });
    return createServer(app.callback());
  },
  async Hono(page) {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.all("/connections/*", (c) => {
      page(c.env.incoming, c.env.outgoing);
      return RESPONSE_ALREADY_SENT;
    });
    app.get("/", (c) => c.text("ok"));
    return createAdaptorServer({ fetch: app.fetch }) as Server;
  },
  async h3(page) {
    const app = new H3();
    app.use("/connections", fromNodeHandler(page));
    app.use("/connections/**", fromNodeHandler(page));
    app.get("/", () => "ok");
    return createServer(toNodeHandler(app));
  },
};

describe.each(Object.entries(SERVERS))("%s", (name, makeServer) => {
  async function mount(): Promise<Target> {
    const { page } = await show(undefined, { authorize: ({ headers }) => headers["x-key"] === "1" });
    const server = await listen(await makeServer(page));
    return { port: portOf(server), folder: "/connections/" };
  }
  const key = { "X-Key": "1" };

  test("the page, its files, and the redirect to its folder", async () => {
    const target = await mount();
    expect(await visit(target, "", key)).toMatchObject({
      status: 200,
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store, no-transform" },
    });
    for (const path of ["page.js", "page.css"]) {
      const { status, body, headers } = await visit(target, path, key);
      expect([status, body.length]).toEqual([200, Number(headers["content-length"])]);
    }
    expect(await visit(target, "/connections", key)).toMatchObject({
      status: 302,
      headers: { location: "./connections/" },
    });
    expect((await visit(target, "other.txt", key)).status).toBe(404);
    // Hono answers HEAD itself, with what is left of the answer to GET.
    if (name !== "Hono") expect((await visit(target, "page.js", {}, "HEAD")).status).toBe(403);
    expect((await visit(target, "", key, "POST")).status).toBe(405);
    expect(await visit(target, "/")).toMatchObject({ status: 200, body: "ok" });
  });

  test("the stream, and its end", async () => {
    const target = await mount();
    expect((await visit(target, "events")).status).toBe(403);
    const watcher = await watch(target, "limit=5", key);
    await watcher.frame(1);
    expect(watcher.status).toBe(200);
    watcher.close();
    // The server goes on.
    expect((await visit(target, "/")).body).toBe("ok");
  });
});

test("https and http2 with HTTP/1", async () => {
  const { page } = await show(undefined, { authorize: () => true });
  for (const server of [
    https.createServer(certificate(), page),
    http2.createSecureServer({ ...certificate(), allowHTTP1: true }, page),
  ]) {
    await listen(server);
    const options = { host: "127.0.0.1", port: portOf(server), rejectUnauthorized: false, agent: false } as const;
    let received = "";
    const request = https.get({ ...options, path: "/events" }, (response) => {
      response.on("data", (chunk) => (received += String(chunk)));
    });
    onTestFinished(() => void request.on("error", () => {}).destroy());
    await until(() => received.includes("event: frame"));
  }
});

test("behind a proxy that ends TLS and keeps the Host", async () => {
  const { page } = await show(undefined, { authorize: () => true });
  const target = await serve(page);
  const headers = { Host: "app.example", "X-Forwarded-Proto": "https", Origin: "https://app.example" };
  const watcher = await watch({ ...target, folder: "/some/prefix/" }, "", headers);
  expect(watcher.status).toBe(200);
  expect((await visit(target, "events", { ...headers, Origin: "https://evil.example" })).status).toBe(403);
});
