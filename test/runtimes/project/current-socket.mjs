// Runs on Bun and Deno. Calls getCurrentSocket() outside of a request and in the request of another client. Each call
// must throw, even if an older copy of sockinfo has enabled it.
import { AsyncLocalStorage } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";
import http from "node:http";
import { SocketInfoError } from "sockinfo";
import { getCurrentConnection, getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";

const outcomes = { enable: new Set(), "current socket": new Set(), "current connection": new Set() };

function note(name, call) {
  try {
    const value = call();
    outcomes[name].add(value === undefined ? "undefined" : `a ${value.constructor.name}`);
  } catch (error) {
    outcomes[name].add(error instanceof SocketInfoError ? error.code : `not ours: ${error.message}`);
  }
}

function look() {
  note("current socket", getCurrentSocket);
  note("current connection", getCurrentConnection);
}

const get = (port) =>
  new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, agent: false }, (response) => {
      look();
      response.resume().on("end", resolve);
    });
    request.on("socket", (socket) => socket.on("connect", look)).on("error", reject);
  });

async function goThroughMoments() {
  const server = http.createServer((request, response) => {
    look();
    response.end();
  });
  server.on("connection", look);
  await new Promise((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  for (let client = 0; client < 3; client++) {
    await get(server.address().port);
    look();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await serveItself();
  server.close();
}

/** A request to the runtime's own server, after requests to node:http. */
async function serveItself() {
  const address = { hostname: "127.0.0.1", port: 0 };
  const handler = () => {
    look();
    return new Response();
  };
  const { Bun, Deno } = globalThis;
  const server = Bun ? Bun.serve({ ...address, fetch: handler }) : Deno.serve({ ...address, onListen() {} }, handler);
  await fetch(`http://127.0.0.1:${server.port ?? server.addr.port}/`);
}

note("enable", enableCurrentSocket);
await goThroughMoments();

// An older version, which did not refuse, leaves this for all copies: src/connections/enter-socket.ts.
const storage = new AsyncLocalStorage();
const shared = { storage, staysInResource: false, openCalls: 1, stop: undefined };
Object.assign(globalThis[Symbol.for("sockinfo.getCurrentSocket.1")], shared);
diagnostics.subscribe("http.server.request.start", ({ socket }) => storage.enterWith(socket));
note("enable", enableCurrentSocket);
await goThroughMoments();

const answers = Object.entries(outcomes).map(([name, seen]) => [name, [...seen].join(" ")]);
console.log(JSON.stringify(Object.fromEntries(answers)));
process.exit();
