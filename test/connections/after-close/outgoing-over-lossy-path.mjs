// A connection that this process opens over network-path.cc, in a network namespace of its own, and hands to a server.
// The path loses the last byte of the response. Arguments: the program of the path, and what follows: "vanish" (the
// server closes), "reset" (the other end resets), or "late" (the byte is written before the server gets the connection,
// which then closes). Prints what the other end has, and the outcome.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";
import { measureRequest, trackConnections } from "sockinfo/connections";

const [, , program = "", scenario] = process.argv;
// The second timeout of an orphan ends it, not the ninth.
if (scenario !== "reset") writeFileSync("/proc/sys/net/ipv4/tcp_orphan_retries", "1");

const LOCAL_PORT = 7000;
const relay = createServer().listen(0, "0.0.0.0");
await once(relay, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (relay.address());
const path = spawn(program, [String(LOCAL_PORT)], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface(path.stdout)[Symbol.asyncIterator]();
await lines.next();
const loseAll = async () => {
  path.stdin.write("drop=1\n");
  await lines.next();
};

const server = createHttpServer();
const tracker = trackConnections(server, { afterClose: true });
const destroyed = once(tracker, "destroyed");
const accepted = once(relay, "connection");
const socket = connect({ port, host: "10.9.0.2", localPort: LOCAL_PORT });
await once(socket, "connect");
const far = /** @type {import("node:net").Socket} */ ((await accepted)[0]);
let received = 0;
far.on("data", (chunk) => (received += chunk.length)).on("error", () => {});
const linux = () => /** @type {import("sockinfo").LinuxTcpInfo} */ (getTcpInfo(socket));
const isSent = () => linux().unackedSegments === 1 && socket.writableLength === 0;

let measured;
if (scenario === "late") {
  await loseAll();
  socket.write("x");
  while (!isSent()) await wait(5);
  server.emit("connection", socket);
} else {
  server.emit("connection", socket);
  far.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const [req, res] = /** @type {[import("node:http").IncomingMessage, import("node:http").ServerResponse]} */ (
    await once(server, "request")
  );
  measured = measureRequest(req, { timeoutMs: 20_000 });
  res.writeHead(200, { "Content-Length": 6 });
  res.write("hello");
  while (received < socket.bytesWritten || linux().unackedSegments !== 0) await wait(5);
  await loseAll();
  res.end("x");
  while (!isSent()) await wait(5);
}
const written = socket.bytesWritten;
if (scenario === "reset") far.resetAndDestroy();
else socket.destroy();
const [, outcome] = await destroyed;
console.log(JSON.stringify({ outcome, written, received, acked: (await measured)?.acked }));
far.destroy();
path.kill("SIGKILL");
tracker.close();
server.close();
relay.close();
