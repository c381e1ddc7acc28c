// A node:http server that answers "ok"; before that, it asks for TCP_INFO when the path says so. Child of
// ../suites/http-throughput.mts.
import http from "node:http";
import { getTcpInfo } from "sockinfo";
import { loopTcpInfo } from "../compared/c-loop.mts";
import { fdOfSocket } from "../connections/unix-server.mts";
import { listenAndReport } from "./report-usage.mts";

let requests = 0;
const fds = new Int32Array(1);
const kept: { result: unknown } = { result: undefined };

const server = http.createServer((req, res) => {
  requests++;
  if (req.url === "/get-tcp-info") kept.result = getTcpInfo(req);
  if (req.url === "/c-loop") {
    fds[0] = fdOfSocket(req.socket);
    kept.result = loopTcpInfo(fds, 1);
  }
  res.end("ok");
});
// One connection serves for the whole of the run.
server.keepAliveTimeout = 0;
listenAndReport(server, () => requests);
