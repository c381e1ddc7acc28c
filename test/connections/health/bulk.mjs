// Watches a transfer that fills a link of 20 Mbit/s, made by network-path.cc. Prints what the watcher said, and the
// truth: how much the client got, and how much waited in the server's kernel. The argument is the path's program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";
import { trackConnections, watchHealth } from "sockinfo/connections";

const CHUNK = Buffer.alloc(64 * 1024);
const server = createServer((_, res) => {
  const fill = () => {
    while (!res.destroyed && res.write(CHUNK));
  };
  res.on("drain", fill);
  fill();
});
const tracker = trackConnections(server);
server.listen(0, "0.0.0.0");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

// The queue is longer than the kernel's send buffer, so the link loses nothing.
const link = [`${port}`, "rate=20000", "queue=20000000", "delay=5"];
const path = spawn(process.argv[2] ?? "", link, { stdio: ["pipe", "pipe", "inherit"] });
await once(path.stdout, "data");

/** @type {string[]} */
const told = [];
const watcher = watchHealth(tracker, { everyMs: 1000 });
watcher.on("began", (_, condition, { diagnosis }) => told.push(condition, diagnosis.sentence));

const client = connect(port, "10.9.0.2").resume();
client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const [req] = await once(server, "request");
/** @type {number[]} */
const waiting = [];
const start = performance.now();
for (let second = 0; second < 7; second++) {
  await wait(1000);
  const info = getTcpInfo(req);
  waiting.push(info.platform === "linux" ? (info.notSentBytes ?? 0) : 0);
}
const bytesPerSecond = (client.bytesRead / (performance.now() - start)) * 1000;
console.log(JSON.stringify({ told, waiting, bytesPerSecond }));
path.kill("SIGKILL");
process.exit();
