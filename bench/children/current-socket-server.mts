// A node:http server that answers "ok" after an await, with enableCurrentSocket() when its argument is "on". Child of
// ../suites/current-socket.mts.
import http from "node:http";
import { getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";
import { listenAndReport } from "./report-usage.mts";

let requests = 0;
const kept: { result: unknown } = { result: undefined };

if (process.argv[2] === "on") enableCurrentSocket();

const server = http.createServer(async (req, res) => {
  requests++;
  await Promise.resolve();
  if (req.url === "/current-socket") kept.result = getCurrentSocket();
  res.end("ok");
});
// One connection serves for the whole of the run.
server.keepAliveTimeout = 0;
listenAndReport(server, () => requests);
