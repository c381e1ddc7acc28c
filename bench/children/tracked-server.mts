// A server that answers "ok". Its arguments name the protocol and what tracks its connections.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Server } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { makeCertificate } from "../../test/helpers/certificate.ts";
import { listenAndReport } from "./listen-and-report.mts";

export type Protocol = "http" | "https" | "h2c";
export type Tracking = "none" | "tracker" | "listeners" | "context" | "afterClose" | "metrics";

const [protocol, tracking] = process.argv.slice(2) as [Protocol, Tracking];

let answers = 0;
const counts = { states: 0, closed: 0, destroyed: 0 };

const server = serve(protocol);
if (tracking !== "none") {
  const context = (): object => ({ user: undefined, startedAt: 0 });
  const afterClose = tracking === "afterClose";
  const tracker = trackConnections(server, tracking === "context" ? { context } : { afterClose });
  if (afterClose) tracker.on("destroyed", () => counts.destroyed++);
  if (tracking === "metrics") {
    // The other servers must not have what these load.
    const { default: client } = await import("prom-client");
    const { registerMetrics } = await import("sockinfo/prometheus");
    registerMetrics(tracker, { client });
  }
  if (tracking === "listeners" || afterClose) {
    tracker.on("state", () => counts.states++);
    tracker.on("closed", () => counts.closed++);
  }
}
listenAndReport(server, () => answers);

function serve(name: Protocol): Server {
  if (name === "h2c") {
    return http2.createServer().on("stream", (stream) => {
      answers++;
      stream.respond();
      stream.end("ok");
    });
  }
  // Clients are idle while other servers are measured.
  const options = { keepAliveTimeout: 0 };
  if (name === "https") return https.createServer({ ...options, ...makeCertificate() }, answer);
  return http.createServer(options, answer);
}

function answer(_request: http.IncomingMessage, response: http.ServerResponse): void {
  answers++;
  response.end("ok");
}
