// requirePeer on single routes of real frameworks: which requests pass, which get 403, and that no later handler is
// called then.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { connect, type AddressInfo, type Server } from "node:net";
import { text } from "node:stream/consumers";
import express from "express";
import Fastify from "fastify";
import Koa from "koa";
import polka from "polka";
import { requirePeer, type PeerRefusal, type PeerRule, type RequirePeerOptions } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { openToAll } from "../helpers/visitors";

const self = process.geteuid?.() ?? -1;
const ALLOWED: PeerRule = { uids: [self] };
const FORBIDDEN: PeerRule = { uids: [self + 1] };

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

async function get(where: http.RequestOptions): Promise<Answer> {
  const [response] = (await once(http.get({ agent: false, ...where }), "response")) as [http.IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

type Guard = ReturnType<typeof requirePeer>;

/** A server with a guarded route, `/`, and one that is not, `/open`. */
const FRAMEWORKS: Record<string, (guard: Guard) => Server | Promise<Server>> = {
  "node:http": (guard) =>
    http.createServer((req, res) => {
      const pass = (error?: unknown) => void res.writeHead(error ? 500 : 200).end("passed");
      if (req.url === "/open") res.end("open");
      else guard(req, res, pass);
    }),
  Express: (guard) => {
    const app = express();
    app.get("/", guard, (_req, res) => void res.send("passed"));
    app.get("/open", (_req, res) => void res.send("open"));
    app.use(((_error, _req, res, _next) => void res.status(500).end()) as express.ErrorRequestHandler);
    return http.createServer(app);
  },
  "a router of Express": (guard) => {
    const router = express.Router().use(guard as express.RequestHandler);
    router.get("/", (_req, res) => void res.send("passed"));
    const app = express();
    app.get("/open", (_req, res) => void res.send("open"));
    app.use(router).use(((_error, _req, res, _next) => void res.status(500).end()) as express.ErrorRequestHandler);
    return http.createServer(app);
  },
  polka: (guard) => {
    const app = polka({ onError: (_error, _req, res) => void res.writeHead(500).end() });
    app
      .get("/", guard as never, (_req, res) => void res.end("passed"))
      .get("/open", (_req, res) => void res.end("open"));
    return http.createServer(app.handler.bind(app) as http.RequestListener);
  },
  "Fastify, onRequest": (guard) => fastify(guard, "onRequest"),
  "Fastify, preHandler": (guard) => fastify(guard, "preHandler"),
  Koa: (guard) => {
    const app = new Koa();
    app.silent = true;
    app.use((ctx, next) => (ctx.path === "/open" ? void (ctx.body = "open") : next()));
    app.use(guard).use((ctx) => void (ctx.body = "passed"));
    return http.createServer(app.callback());
  },
};

async function fastify(guard: Guard, hook: "onRequest" | "preHandler"): Promise<Server> {
  const app = Fastify();
  onTestFinished(() => void app.close());
  app.get("/", { [hook]: guard }, async () => "passed");
  app.get("/open", async () => "open");
  await app.ready();
  return app.server;
}

describe.each(Object.entries(FRAMEWORKS))("%s", (_name, create) => {
  async function serve(rule: PeerRule, options?: RequirePeerOptions): Promise<string> {
    return openToAll(await create(requirePeer(rule, options)));
  }

  test("a request of a peer that the rule names passes", async () => {
    expect(await get({ socketPath: await serve(ALLOWED) })).toEqual({ status: 200, body: "passed" });
  });

  test("a request of another peer gets 403, onRefused is called, and the open route still answers", async () => {
    const refusals: PeerRefusal[] = [];
    const socketPath = await serve(FORBIDDEN, { onRefused: (refusal) => void refusals.push(refusal) });
    const { status, body } = await get({ socketPath });
    expect(status).toBe(403);
    expect(body).not.toContain("passed");
    expect(refusals).toMatchObject([{ reason: "ids", peer: { uid: self, pid: process.pid } }]);
    expect(await get({ socketPath, path: "/open" })).toEqual({ status: 200, body: "open" });
  });

  test("an exception of onRefused becomes the error of the request", async () => {
    const onRefused = () => {
      throw new Error("no log");
    };
    expect((await get({ socketPath: await serve(FORBIDDEN, { onRefused }) })).status).toBe(500);
  });

  test("a request over TCP gets 403", async () => {
    const server = await create(requirePeer({ check: () => true }));
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void server.close());
    expect((await get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" })).status).toBe(403);
  });
});

test("the check is called for each request", async () => {
  let isOpen = true;
  const guard = requirePeer({ check: () => isOpen });
  const server = http.createServer((req, res) => guard(req, res, () => res.end("passed")));
  const where = { socketPath: await openToAll(server), agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) };
  expect((await get(where)).status).toBe(200);
  isOpen = false;
  expect((await get(where)).status).toBe(403);
  where.agent.destroy();
});

test("an exception of a later handler is thrown once, and no handler is called twice", () => {
  const guard = requirePeer(ALLOWED);
  let calls = 0;
  const next = () => {
    calls++;
    throw new Error("of the handler");
  };
  const refusing = requirePeer({});
  expect(() => refusing({} as never, { writeHead: () => ({ end: next }) } as never, next)).toThrow("of the handler");
  expect(calls).toBe(1);
  expect(guard).toHaveLength(3);
});

test("a mock request of Fastify, which has no peer, gets 403", async () => {
  const app = Fastify();
  app.addHook("onRequest", requirePeer({ check: () => true }));
  app.get("/", async () => "passed");
  expect((await app.inject("/")).statusCode).toBe(403);
});

test("requests of HTTP/2, by the compatibility API", async () => {
  const guards = [requirePeer(ALLOWED), requirePeer(FORBIDDEN)];
  const server = http2.createServer((req, res) =>
    guards[Number(req.url.slice(1))]?.(req as never, res as never, () => res.end("passed")),
  );
  const path = await openToAll(server);
  const session = http2.connect("http://localhost", { createConnection: () => connect(path) });
  onTestFinished(() => session.destroy());
  const statusOf = async (url: string) =>
    (await once(session.request({ ":path": url }).resume(), "response"))[0][":status"];
  expect([await statusOf("/0"), await statusOf("/1")]).toEqual([200, 403]);
});

test.each([[undefined], [{ uids: "0" }], [{}, null], [{}, { onRefused: true }]])(
  "the arguments %o, %o are refused at once",
  (...parameters) => {
    const code = "ERR_SOCKINFO_INVALID_ARGUMENT";
    expect(() => requirePeer(...(parameters as [never, never]))).toThrow(expect.objectContaining({ code }));
  },
);
