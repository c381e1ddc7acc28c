// A node:http server that answers "ok". Before that it reads TCP_INFO, as its argument says.
import http from "node:http";
import { getTcpInfo } from "sockinfo";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { kept } from "../measure/kept.mts";
import { listenAndReport } from "./listen-and-report.mts";

export type TcpInfoReader = "none" | "c-loop" | "get-tcp-info";

const reader = process.argv[2] as TcpInfoReader;
const fds = new Int32Array(1);
let answers = 0;

// Clients are idle while other servers are measured.
const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
  answers++;
  if (reader === "get-tcp-info") kept.result = getTcpInfo(req);
  if (reader === "c-loop") {
    fds[0] = fdOfSocket(req.socket);
    kept.result = loopTcpInfo(fds, 1);
  }
  res.end("ok");
});
listenAndReport(server, () => answers);
