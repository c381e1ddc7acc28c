// A server that answers "ok", by the protocol and with the tracking that its arguments name. Child of
// ../suites/tracked-throughput.mts and ../suites/tracked-memory.mts.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Server } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { makeCertificate } from "../../test/helpers/certificate.ts";
import { listenAndReport } from "./report-usage.mts";

export type Protocol = "http" | "https" | "h2c";
export type Tracking = "none" | "tracker" | "listeners" | "context";

const [protocol, tracking] = process.argv.slice(2) as [Protocol, Tracking];

let requests = 0;
const counts = { states: 0, closed: 0 };

const server = serve(protocol);
if (tracking !== "none") {
  const context = (): object => ({ user: undefined, startedAt: 0 });
  const tracker = trackConnections(server, tracking === "context" ? { context } : {});
  if (tracking === "listeners") {
    tracker.on("state", () => counts.states++);
    tracker.on("closed", () => counts.closed++);
  }
}
listenAndReport(server, () => requests);

function serve(name: Protocol): Server {
  if (name === "h2c") {
    return http2.createServer().on("stream", (stream) => {
      requests++;
      stream.respond();
      stream.end("ok");
    });
  }
  // One connection serves for the whole of the run.
  const options = { keepAliveTimeout: 0 };
  if (name === "https") return https.createServer({ ...options, ...makeCertificate() }, answer);
  return http.createServer(options, answer);
}

function answer(_request: http.IncomingMessage, response: http.ServerResponse): void {
  requests++;
  response.end("ok");
}
