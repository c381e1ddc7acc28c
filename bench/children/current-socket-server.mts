// A node:http server that answers "ok" after an await. Its argument says whether the current socket is enabled and
// used.
import http from "node:http";
import { getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";
import { kept } from "../measure/kept.mts";
import { listenAndReport } from "./listen-and-report.mts";

export type CurrentSocketUse = "off" | "enabled" | "called";

const use = process.argv[2] as CurrentSocketUse;
let answers = 0;

if (use !== "off") enableCurrentSocket();

// Clients are idle while other servers are measured.
const server = http.createServer({ keepAliveTimeout: 0 }, async (_req, res) => {
  answers++;
  await Promise.resolve();
  if (use === "called") kept.result = getCurrentSocket();
  res.end("ok");
});
listenAndReport(server, () => answers);
