// Answers one request over network-path.cc, in a network namespace of its own. Arguments: the program of the path, and
// "scattered" (each 20th segment is lost), "blackout" (all are lost until two retransmission timeouts have run out) or
// "reset" (all are lost until the client resets). Prints the counts of the path and of sockinfo.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { getTcpInfo, tryGetTcpInfo } from "sockinfo";
import { getConnection, measureRequest, trackConnections } from "sockinfo/connections";
import { openPath } from "./helpers/open-path.mjs";

const [, , program = "", scenario] = process.argv;
// The kernel sends 4000 bytes at once. 400,000 bytes take several round trips.
const RESPONSE = Buffer.alloc(scenario === "reset" ? 4000 : 400_000);

const server = createServer();
const tracker = trackConnections(server);
server.listen(0, "0.0.0.0");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const { path, dropEach } = await openPath(program, port);

let bytesRead = 0;
const client = connect(port, "10.9.0.2").on("data", (chunk) => (bytesRead += chunk.length));
client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const [req, res] = /** @type {[import("node:http").IncomingMessage, import("node:http").ServerResponse]} */ (
  await once(server, "request")
);
const connection = getConnection(req);
// Of both ends: the path must exist until neither waits for the other.
const closed = Promise.all([once(tracker, "closed"), once(client, "close")]);
await dropEach(scenario === "scattered" ? 20 : 1);
const measured = measureRequest(req, { timeoutMs: Infinity });
res.end(RESPONSE);
const outstandingSince = performance.now();

let blackout;
let blackoutMs = 0;
if (scenario !== "scattered") {
  const timeoutsInARow = () => {
    const info = getTcpInfo(req);
    return info.platform === "linux" ? (info.consecutiveRtos ?? 0) : 0;
  };
  while (timeoutsInARow() < 2) await wait(10);
  blackoutMs = performance.now() - outstandingSince;
  if (scenario === "reset") client.resetAndDestroy();
  else blackout = await dropEach(0);
}

// The measurement itself does not keep the process alive. The client's socket does.
const cost = await measured;
const rest = await dropEach(0);
const clientInfo = tryGetTcpInfo(client);
client.end();
await closed;
console.log(
  JSON.stringify({ cost, blackout, blackoutMs, rest, bytesRead, clientInfo, final: connection.finalTcpInfo }),
);
path.kill();
tracker.close();
server.close();
