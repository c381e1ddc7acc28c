// Answers one request over network-path.cc, in a network namespace of its own, and closes the connection. Arguments: the
// program of the path, and when the path loses everything: "vanish" (from the response on), "vanish-at-end" (from the
// FIN on) or "reset" (from the response on, until the client resets after three timeouts). Prints what the client has,
// and the outcome.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";
import { trackConnections } from "sockinfo/connections";
import { openPath } from "../helpers/open-path.mjs";

const [, , program = "", scenario] = process.argv;
// The second timeout of an orphan ends it, not the ninth.
if (scenario !== "reset") writeFileSync("/proc/sys/net/ipv4/tcp_orphan_retries", "1");

const server = createServer();
const tracker = trackConnections(server, { afterClose: true });
server.listen(0, "0.0.0.0");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const { path, dropEach } = await openPath(program, port);

let received = 0;
const client = connect(port, "10.9.0.2").on("data", (chunk) => (received += chunk.length));
client.on("error", () => {});
client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const [req, res] = /** @type {[import("node:http").IncomingMessage, import("node:http").ServerResponse]} */ (
  await once(server, "request")
);
const { socket } = req;
if (scenario === "vanish-at-end") res.end(Buffer.alloc(1000));
else res.write(Buffer.alloc(1000));
const linux = () => /** @type {import("sockinfo").LinuxTcpInfo} */ (getTcpInfo(socket));
while (linux().bytesAcked !== socket.bytesWritten) await wait(5);
const destroyed = once(tracker, "destroyed");
if (scenario === "vanish-at-end") {
  // The program drops segments with data only. While it is stopped, nothing passes.
  path.kill("SIGSTOP");
} else {
  await dropEach(1);
  // As much as the send buffer of a new connection takes.
  res.write(Buffer.alloc(10_000));
  // Node has nothing more to write, so that all is the kernel's.
  while (socket.writableLength > 0) await wait(5);
}
const leastRtos = scenario === "reset" ? 3 : 0;
while ((linux().consecutiveRtos ?? 0) < leastRtos) await wait(5);
const written = socket.bytesWritten;
socket.destroy();
if (scenario === "reset") client.resetAndDestroy();
const [{ finalTcpInfo: final }, outcome] = await destroyed;
console.log(JSON.stringify({ written, received, outcome, final }));
client.destroy();
path.kill("SIGKILL");
tracker.close();
server.close();
