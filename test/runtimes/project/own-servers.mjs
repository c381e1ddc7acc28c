// Runs on Bun and Deno. Calls each function with the objects of their own servers, and of frameworks on them.
import { createRequire } from "node:module";
import {
  getFd,
  getPeerCredentials,
  getSocket,
  getTcpInfo,
  getTcpInfoBatch,
  SocketInfoError,
  tryGetPeerCredentials,
  tryGetTcpInfo,
} from "sockinfo";
import { getConnection, measureRequest, tryGetConnection, tryMeasureRequest } from "sockinfo/connections";

const { Bun, Deno } = globalThis;
// Deno imports only packages that the nearest package.json lists.
const require = createRequire(import.meta.url);
const { Hono } = require("hono");
const { Elysia } = require("elysia");

const THROWING = { getFd, getPeerCredentials, getSocket, getTcpInfo, getConnection, measureRequest };
const TRYING = { tryGetTcpInfo, tryGetPeerCredentials, tryGetConnection, tryMeasureRequest };
const HOST = { hostname: "127.0.0.1", port: 0 };

const answers = {};

/** The distinct error codes of all functions. */
async function ask(name, source) {
  const outcomes = new Set([getTcpInfoBatch([source]).getError(0).code]);
  for (const call of Object.values(THROWING)) outcomes.add(await outcomeOf(call, source));
  for (const [called, call] of Object.entries(TRYING)) {
    const outcome = await outcomeOf(call, source);
    if (outcome !== "undefined") outcomes.add(`${called}: ${outcome}`);
  }
  answers[name] = [...outcomes].join(" ");
}

async function outcomeOf(call, source) {
  try {
    return String(await call(source));
  } catch (error) {
    return error instanceof SocketInfoError ? error.code : `not ours: ${error.message}`;
  }
}

function serve(handler) {
  const server = Bun
    ? Bun.serve({ ...HOST, fetch: handler, websocket: { open: greet, message() {} } })
    : Deno.serve({ ...HOST, onListen() {} }, handler);
  return { server, port: server.port ?? server.addr.port };
}

async function get(port) {
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

function greet(socket) {
  // The answer must be ready first, because the client's first message ends the test.
  void ask("WebSocket", socket).then(() => socket.send("asked"));
}

/** Accepts a WebSocket with the runtime's own API. */
function upgrade(request, bunServer) {
  if (Bun) return void bunServer.upgrade(request);
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.addEventListener("open", () => greet(socket));
  return response;
}

const plain = serve(async (request, second) => {
  if (request.headers.get("upgrade") === "websocket") return upgrade(request, second);
  await ask("Request", request);
  await ask("the handler's second argument", second);
  return new Response("asked");
});
answers["handler"] = await get(plain.port);
await ask("server", plain.server);

const client = new WebSocket(`ws://127.0.0.1:${plain.port}`);
await new Promise((resolve, reject) => {
  client.addEventListener("message", resolve);
  client.addEventListener("error", reject);
});
await ask("WebSocket, client", client);

const hono = new Hono().get("/", async (c) => {
  await ask("Hono's c", c);
  await ask("Hono's c.req", c.req);
  return c.text("asked");
});
answers["Hono"] = await get(serve(hono.fetch).port);

const elysia = new Elysia().get("/", async (context) => {
  await ask("Elysia's context", context);
  return "asked";
});
if (Bun) elysia.listen(HOST);
answers["Elysia"] = await get(Bun ? elysia.server.port : serve(elysia.fetch).port);

await withConnection(async (accepted, connected) => {
  await ask("connection, accepted", accepted);
  await ask("connection, client", connected);
});
// The same error as on Node.
await ask("any object", {});
await ask("Response", new Response());

async function withConnection(use) {
  if (Deno) {
    const listener = Deno.listen(HOST);
    return use(...(await Promise.all([listener.accept(), Deno.connect({ ...HOST, port: listener.addr.port })])));
  }
  const data = () => undefined;
  const accepting = Promise.withResolvers();
  const listener = Bun.listen({ ...HOST, socket: { open: accepting.resolve, data } });
  const connected = await Bun.connect({ ...HOST, port: listener.port, socket: { data } });
  return use(await accepting.promise, connected);
}

console.log(JSON.stringify(answers));
process.exit();
