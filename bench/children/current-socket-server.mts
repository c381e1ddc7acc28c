// A node:http server that answers "ok" after an await, with enableCurrentSocket() when its argument is "on". Child of
// ../suites/current-socket.mts: tells it its port, and when asked what it has used.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { currentSocket, enableCurrentSocket } from "sockinfo/connections";
import type { Usage } from "./http-server.mts";

let requests = 0;
const kept: { result: unknown } = { result: undefined };

if (process.argv[2] === "on") enableCurrentSocket();

const server = http.createServer(async (req, res) => {
  requests++;
  await Promise.resolve();
  if (req.url === "/current-socket") kept.result = currentSocket();
  res.end("ok");
});
// One connection serves for the whole of the run.
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ requests, cpuMicroseconds: user + system } satisfies Usage);
});
process.on("disconnect", () => process.exit());
