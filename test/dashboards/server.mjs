// A server with all metrics, as a process of its own. Its argument is JSON: the options of Site (site.mjs), and the
// folder of its certificate. Prints a line when it listens, and ends with its standard input.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";

const { protocol, certificate, port, metricsPort, backlog, hasClasses, className, afterClose } = JSON.parse(
  process.argv[2] ?? "",
);

/** @type {http.RequestListener} */
const answer = (req, res) => {
  const [, name, bytes] = (req.url ?? "").split("/");
  if (name === "bytes") res.end(Buffer.alloc(Number(bytes)));
};
const pem = (/** @type {string} */ name) => readFileSync(join(certificate, `${name}.pem`));
const server =
  protocol === "http"
    ? http.createServer({ keepAliveTimeout: 0 }, answer)
    : https.createServer({ keepAliveTimeout: 0, key: pem("key"), cert: pem("cert") }, answer);
const tracker = trackConnections(server, { afterClose });
registerMetrics(tracker, {
  client,
  ...(hasClasses && { classify: classOf }),
  ...(className !== undefined && { classify: () => className }),
});
server.listen({ host: "0.0.0.0", port, backlog }, () => {
  // Prometheus has a server of its own, so that its connections are not among those of the clients.
  http
    .createServer(async (_req, res) => {
      res.setHeader("Content-Type", client.register.contentType);
      res.end(await client.register.metrics());
    })
    .listen(metricsPort, "127.0.0.1", () => console.log("listening"));
});
process.stdin.resume().once("end", () => process.exit());

/** The client knows its port, too. @param {import("sockinfo/connections").Connection} connection */
function classOf({ remote }) {
  return remote && "port" in remote && remote.port % 2 === 1 ? "odd" : "even";
}
