// A server whose connections are metrics for Prometheus. It has a client of its own, whose connections you see.
// @ts-check
import http from "node:http";
import client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";

const port = Number(process.env.PORT ?? 3000);
const metricsPort = Number(process.env.METRICS_PORT ?? 9464);

const server = http.createServer((_req, res) => res.end("x".repeat(10_000)));
// With afterClose, what the kernel sends after the close of a connection is counted, too.
const tracker = trackConnections(server, { afterClose: true });
registerMetrics(tracker, {
  client,
  // One of two strings, whatever clients do.
  classify: ({ remote }) => (isOfThisMachine(remote) ? "local" : "remote"),
});
server.listen(port);

// Only for this machine, because metrics are not for the public.
const metrics = http.createServer(async (req, res) => {
  if (req.url !== "/metrics") {
    res.writeHead(404).end();
    return;
  }
  res.setHeader("Content-Type", client.register.contentType);
  res.end(await client.register.metrics());
});
metrics.listen(metricsPort, "127.0.0.1", () => {
  const address = metrics.address();
  if (typeof address === "object") console.error(`curl http://127.0.0.1:${address?.port}/metrics`);
});

/** @param {import("sockinfo/connections").Endpoint | undefined} remote */
function isOfThisMachine(remote) {
  return remote !== undefined && "address" in remote && /^(127\.|::1$|::ffff:127\.)/.test(remote.address);
}

const agent = new http.Agent({ keepAlive: true });
const pause = setInterval(() => {
  // Every fifth request closes its connection.
  const isLast = Math.random() < 0.2;
  const request = http.get({ port, host: "127.0.0.1", agent, headers: isLast ? { Connection: "close" } : {} });
  request.on("response", (response) => response.resume()).on("error", () => {});
}, 200);

process.once("SIGTERM", () => {
  clearInterval(pause);
  process.exit();
});
