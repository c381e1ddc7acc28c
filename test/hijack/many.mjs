// Many connections of one server, each hijacked, refused, or hijacked and released. Prints what is left of them.
import { once } from "node:events";
import { readdirSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { enableHijack, hijack, release } from "sockinfo/hijack";

const [, , kind, way, count = "0", pair = "{}"] = process.argv;
const { key, cert } = JSON.parse(pair);
/** @type {Record<string, WeakRef<object>[]>} */
const references = { sockets: [], requests: [], responses: [], parsers: [] };
let served = 0;

const server = kind === "https" ? https.createServer({ key, cert }) : http.createServer();
server.listen({ host: "127.0.0.1", port: 0, backlog: 2000 });
await once(server, "listening");
const before = describeServer();
enableHijack(server);
const enabled = describeServer();
server.on("request", (req, res) => void handle(req, res));
const handling = describeServer();
const descriptors = countDescriptors();

const clients = await Promise.all(Array.from({ length: Number(count) }, (_, index) => talk(index)));
const connectionsMeanwhile = await getConnections();
await Promise.all(clients.map(end));
clients.length = 0;
for (let round = 0; round < 400 && (await getConnections()) > 0; round++) await sleep(5);
for (let round = 0; round < 100 && !isClean(); round++) {
  // deref() keeps its object alive until this turn is over.
  await sleep(20);
  globalThis.gc?.();
}
console.log(
  JSON.stringify({
    served,
    connectionsMeanwhile,
    connections: await getConnections(),
    moreDescriptors: countDescriptors() - descriptors,
    alive: countAlive(),
    ownMore: enabled.own.filter((name) => !before.own.includes(name)),
    isAsBefore: JSON.stringify(describeServer()) === JSON.stringify(handling),
  }),
);
server.close();

/**
 * @param {http.IncomingMessage} req
 * @param {http.ServerResponse} res
 */
async function handle(req, res) {
  served += 1;
  references["sockets"]?.push(new WeakRef(req.socket));
  references["requests"]?.push(new WeakRef(req));
  references["responses"]?.push(new WeakRef(res));
  const { parser } = /** @type {{ parser?: object }} */ (/** @type {unknown} */ (req.socket));
  if (parser) references["parsers"]?.push(new WeakRef(parser));
  if (way === "refused") {
    // A late call with an unread body is refused.
    await sleep(5);
    await hijack(req, res).catch(() => {});
    return void res.end("ok");
  }
  if (req.url === "/answer") return void res.end("ok");
  const { socket, head } = await hijack(req, res);
  socket.on("error", (error) => console.error(error));
  if (way === "release") {
    socket.removeAllListeners("error");
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    return release(socket, head);
  }
  socket.unshift(head);
  return void socket.pipe(socket);
}

/**
 * What one client does before it ends.
 * @param {number} index
 */
async function talk(index) {
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
  const client = kind === "https" ? tls.connect(options) : net.connect(options);
  await once(client, kind === "https" ? "secureConnect" : "connect");
  client.setEncoding("latin1");
  const word = `word ${index}!`;
  if (way === "hijack") {
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${word}`);
    await receive(client, word);
    client.write("more");
    await receive(client, "more");
    return client;
  }
  const body = way === "refused" ? "body" : "";
  for (const path of ["/", "/answer"]) {
    client.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await receive(client, "\r\n\r\nok");
  }
  return client;
}

/**
 * Receives until the bytes end with `text`. An echo must be exactly `text`.
 * @param {net.Socket} client
 * @param {string} text
 */
async function receive(client, text) {
  for (let received = ""; !received.endsWith(text);) {
    received += (await once(client, "data"))[0];
    if (way === "hijack" && !text.startsWith(received)) throw new Error(`${text} came back as ${received}`);
  }
}

/** @param {net.Socket} client */
async function end(client) {
  const closed = once(client, "close");
  client.end();
  await closed;
}

function countDescriptors() {
  return readdirSync("/proc/self/fd").length;
}

function describeServer() {
  const events = server.eventNames();
  return {
    own: Reflect.ownKeys(server).map(String),
    listeners: events.map((event) => [String(event), server.listenerCount(event)]),
    isWrapped: ["emit", "listenerCount"].some((name) => Object.hasOwn(server, name)),
  };
}

/** @returns {Promise<number>} */
function getConnections() {
  return new Promise((resolve) => server.getConnections((_, connections) => resolve(connections)));
}

function countAlive() {
  return Object.fromEntries(
    Object.entries(references).map(([name, all]) => [
      name,
      new Set(all.map((one) => one.deref()).filter(Boolean)).size,
    ]),
  );
}

function isClean() {
  const { sockets = 0, requests = 0, responses = 0 } = countAlive();
  return sockets + requests + responses === 0;
}
