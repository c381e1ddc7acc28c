// A node:http server with a tracker that answers "ok". Its argument says how each request is measured.
import http from "node:http";
import { getTcpInfo } from "sockinfo";
import { measureRequest, trackConnections } from "sockinfo/connections";
import { kept } from "../measure/kept.mts";
import { listenAndReport } from "./listen-and-report.mts";

export type Measuring = "none" | "by-hand" | "finished" | "acked";

let answers = 0;

const MEASURE: Readonly<Record<Measuring, (request: http.IncomingMessage, response: http.ServerResponse) => void>> = {
  none: () => {},
  "by-hand": (request, response) => {
    const { socket } = request;
    const start = getTcpInfo(socket);
    response.on("finish", () => (kept.result = [start, getTcpInfo(socket)]));
  },
  finished: (request) => keep(measureRequest(request, { until: "finished" })),
  acked: (request) => keep(measureRequest(request)),
};

function keep(cost: Promise<unknown>): void {
  cost.then((result) => (kept.result = result), console.error);
}

const measure = MEASURE[process.argv[2] as Measuring];

// Clients are idle while other servers are measured.
const server = http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
  answers++;
  measure(request, response);
  response.end("ok");
});
trackConnections(server);
listenAndReport(server, () => answers);
