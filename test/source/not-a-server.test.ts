// An application of a framework instead of its server: the error says what to pass, and that is accepted.
import "reflect-metadata";
import Hapi from "@hapi/hapi";
import { createAdaptorServer } from "@hono/node-server";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import http, { type Server } from "node:http";
import { createServer, Socket } from "node:net";
import polka from "polka";
import { Server as SocketIo } from "socket.io";
import { getListenerInfo, trackConnections, tryGetListenerInfo } from "sockinfo/connections";
import { enableHijack } from "sockinfo/hijack";
import { allowPeers, listenUnix } from "sockinfo/unix";
import { serve } from "srvx";
import { describe, expect, onTestFinished, test } from "vitest";
import { argumentErrorOf } from "../helpers/refusals";
import { socketPath } from "../helpers/servers";

const CALLS: Record<string, (server: Server) => unknown> = {
  trackConnections: (server) => trackConnections(server).close(),
  "tracker.attach": (server) => {
    const tracker = trackConnections(http.createServer());
    onTestFinished(() => tracker.close());
    return tracker.attach(server);
  },
  getListenerInfo,
  tryGetListenerInfo,
  allowPeers: (server) => allowPeers(server, {}),
  listenUnix: async (server) => (await listenUnix(server, socketPath())).close(),
  enableHijack,
};

function listening(server: Server): Server {
  onTestFinished(() => void server.close());
  return server;
}

class RootModule {}
Module({})(RootModule);

/** The application, what the message says to pass, and the server. */
const APPLICATIONS: Record<string, () => Promise<[app: unknown, advice: string, server: Server]>> = {
  Express: async () => {
    const app = express();
    return [app, "what app.listen() returns (Express, Koa)", listening(app.listen(0))];
  },
  Koa: async () => {
    const app = new Koa();
    return [app, "what app.listen() returns (Express, Koa)", listening(app.listen(0))];
  },
  Fastify: async () => {
    const app = fastify();
    return [app, "app.server (Fastify; polka, once it listens)", app.server];
  },
  hapi: async () => {
    const app = Hapi.server();
    return [app, "server.listener (hapi)", app.listener];
  },
  Nest: async () => {
    const app = await NestFactory.create(RootModule, { logger: false });
    return [app, "app.getHttpServer() (Nest)", app.getHttpServer() as Server];
  },
  polka: async () => {
    const app = polka();
    const advice = "app.server (Fastify; polka, once it listens)";
    expect(await argumentErrorOf(() => trackConnections(app as never))).toContain(advice);
    app.listen(0);
    return [app, advice, listening(app.server as Server)];
  },
  "Socket.IO": async () => {
    const server = http.createServer();
    return [new SocketIo(server), "io.httpServer (Socket.IO)", server];
  },
  srvx: async () => {
    const app = serve({ fetch: () => new Response(), manual: true });
    return [app, "server.node.server (srvx)", app.node?.server as Server];
  },
  Hono: async () => {
    const app = new Hono();
    const advice = "the server of node:http that serves it (what serve() of @hono/node-server returns)";
    return [app, advice, createAdaptorServer(app) as Server];
  },
  "a listener of requests": async () => {
    const listener: http.RequestListener = (_req, res) => res.end();
    return [listener, "what http.createServer() returns for it", http.createServer(listener)];
  },
};

describe.each(Object.keys(APPLICATIONS))("%s", (name) => {
  test("each function says what to pass", async () => {
    const [app, advice] = await APPLICATIONS[name]!();
    for (const take of Object.values(CALLS)) {
      const message = await argumentErrorOf(() => take(app as never));
      expect(message).toMatch(/^The "server" argument must be a server of node:.+\. Received .+\. Pass /);
      expect(message).toContain(`Pass ${advice}`);
    }
  });

  test("each function accepts that server", async () => {
    const [, , server] = await APPLICATIONS[name]!();
    for (const [taker, take] of Object.entries(CALLS)) {
      if (taker === "listenUnix" && server.listening) continue;
      expect(await argumentErrorOf(() => take(server))).toBeUndefined();
    }
  });
});

test.each<[unknown, string]>([
  [undefined, "undefined"],
  [null, "null"],
  ["server", "type string ('server')"],
  [3000, "type number (3000)"],
  [{}, "an instance of Object"],
  [new EventTarget(), "an instance of EventTarget"],
])("%o is refused, too", async (value, received) => {
  for (const [taker, take] of Object.entries(CALLS)) {
    // A descriptor number.
    if (typeof value === "number" && taker.endsWith("ListenerInfo")) continue;
    expect(await argumentErrorOf(() => take(value as never))).toMatch(
      new RegExp(`\\. Received ${received.replace(/[()]/g, "\\$&")}$`),
    );
  }
});

test("a promise, such as the result of Fastify's listen()", async () => {
  for (const take of Object.values(CALLS)) {
    expect(await argumentErrorOf(() => take(Promise.resolve() as never))).toMatch(
      /Received an instance of Promise\. Pass the server that it resolves to, or app\.server \(Fastify\)$/,
    );
  }
});

test("a server of the wrong module, and a socket, are no application: there is no advice", async () => {
  expect(await argumentErrorOf(() => enableHijack(createServer() as never))).toMatch(/Received an instance of Server$/);
  expect(await argumentErrorOf(() => trackConnections(new Socket() as never))).toMatch(/an instance of Socket$/);
});

test("an object whose properties throw", async () => {
  const hostile = new Proxy({}, { get: () => fail(), has: () => fail(), getPrototypeOf: () => fail() });
  for (const take of Object.values(CALLS))
    expect(await argumentErrorOf(() => take(hostile as never))).toContain("Received an object");
});

function fail(): never {
  throw new Error("hostile");
}
