// Runs on Deno, whose handles lend duplicates of their descriptors. Prints what sockinfo reads of each kind of server, and
// what is left open.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { setTimeout } from "node:timers/promises";
import tls from "node:tls";
import * as sockinfo from "sockinfo";
import { trackConnections } from "sockinfo/connections";

const answers = {};
const HOST = "127.0.0.1";

const run = (command, ...parameters) => {
  return execFileSync(command, parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
};

run(
  "openssl",
  "req",
  "-x509",
  "-newkey",
  "rsa:2048",
  "-nodes",
  "-subj",
  "/CN=localhost",
  "-days",
  "2",
  "-keyout",
  "key.pem",
  "-out",
  "cert.pem",
);
const secure = { key: readFileSync("key.pem"), cert: readFileSync("cert.pem") };
const trusting = { host: HOST, rejectUnauthorized: false };

/** By kind: the server, and a client that asks it once. */
const KINDS = {
  http: [http.createServer(), (port) => http.get({ host: HOST, port, agent: false })],
  https: [https.createServer(secure), (port) => https.get({ ...trusting, port, agent: false })],
  http2: [http2.createServer(), (port) => http2.connect(`http://${HOST}:${port}`)],
  "http2 with TLS": [http2.createSecureServer(secure), (port) => http2.connect(`https://${HOST}:${port}`, trusting)],
  net: [net.createServer(), (port) => net.connect(port, HOST)],
  tls: [tls.createServer(secure), (port) => tls.connect({ ...trusting, port })],
};

/** Each function that reads TCP sockets, and what it has to return. */
const READERS = {
  getTcpInfo: ({ state }) => state === "ESTABLISHED",
  getTcpInfoBytes: ({ length }) => length > 100,
  getQueuedBytes: ({ unackedBytes }) => unackedBytes >= 0,
  getSocketOptions: ({ noDelay }) => typeof noDelay === "boolean",
  getSocketMemory: ({ sndBufferLimitBytes }) => sndBufferLimitBytes > 0,
  getCongestionControl: ({ name }) => name.length > 0,
};

function failuresOf(source) {
  const wrong = Object.entries(READERS).filter(([name, isRight]) => !isRight(sockinfo[name](source)));
  const batch = sockinfo.getTcpInfoBatch([source, 0, source]);
  if (batch.get(0)?.state !== "ESTABLISHED" || batch.get(2)?.state !== "ESTABLISHED") wrong.push("getTcpInfoBatch");
  if (batch.getError(1)?.code !== "ERR_SOCKINFO_NOT_TCP") wrong.push("getError");
  return wrong.flat().join(" ");
}

/** What ss prints of the accepted sockets of a port. */
function bytesReceivedBySs(port) {
  const printed = run("ss", "-tinH", "state", "established", `sport = :${port}`);
  return Number(/bytes_received:(\d+)/.exec(printed)?.[1] ?? 0);
}

/** Another program counts, because Deno lets only programs with all permissions read /proc. */
const countFiles = () => run("ls", `/proc/${process.pid}/fd`).trim().split("\n").length;

for (const [kind, [server, connect]] of Object.entries(KINDS)) {
  const isHttp = kind.startsWith("http");
  const tracker = isHttp ? trackConnections(server) : undefined;
  const accepted = once(server, isHttp ? "request" : kind === "tls" ? "secureConnection" : "connection");
  await new Promise((resolve) => server.listen({ host: HOST, port: 0 }, resolve));
  const { port } = server.address();
  const client = connect(port);
  client.on("error", () => {});
  if (kind.startsWith("http2"))
    client
      .request()
      .on("error", () => {})
      .resume();
  const [source, response] = await accepted;

  answers[`${kind}: functions that fail`] = failuresOf(source);
  const { bytesReceived } = sockinfo.getTcpInfo(source);
  answers[`${kind}: received bytes as ss`] = bytesReceived === bytesReceivedBySs(port) || bytesReceived;
  const before = countFiles();
  for (let count = 0; count < 2000; count++) failuresOf(source);
  // Deno itself closes those of earlier servers and of the counting programs some time later.
  answers[`${kind}: few descriptors are left`] = Math.abs(countFiles() - before) < 20;

  // A duplicate that is still open would keep the end from the client.
  const socket = tracker ? tracker.getConnection(source).socket : source;
  const ended = new Promise((resolve) => client.once("close", resolve));
  if (tracker) {
    const closed = once(tracker, "closed");
    response.writeHead(200).write("x");
    socket.destroy();
    const [{ finalTcpInfo }] = await closed;
    answers[`${kind}: final bytes`] = finalTcpInfo.bytesReceived >= bytesReceived;
  } else {
    socket.destroy();
  }
  await ended;
  // The client may see the end of HTTP/2 before the socket is closed.
  for (let tries = 0; sockinfo.tryGetTcpInfo(socket) && tries < 100; tries++) await setTimeout(50);
  answers[`${kind}: afterwards`] = sockinfo.tryGetTcpInfo(socket) ?? "undefined";
  server.close();
}

console.log(JSON.stringify(answers));
process.exit();
