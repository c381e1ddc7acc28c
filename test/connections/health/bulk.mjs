// Watches a transfer that fills a link of 20 Mbit/s: loopback, which the test has made so slow. Prints what the
// watcher said, and the truth: how much the client got, and how much waited in the server's kernel.
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
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

/** @type {string[]} */
const told = [];
const watcher = watchHealth(tracker, { everyMs: 1000 });
watcher.on("began", (_, condition, { diagnosis }) => told.push(condition, diagnosis.sentence));

const client = connect(port, "127.0.0.1").resume();
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
process.exit();
