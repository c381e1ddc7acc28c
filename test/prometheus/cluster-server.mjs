// A cluster whose workers serve, and whose primary process collects their metrics by prom-client. Prints the port first.
// The argument is the scheduling policy. Its input has lines: "scrape" prints the metrics as JSON, "workers" an array
// with those of each worker, and "stop" ends it.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";

const WORKERS = 3;

/**
 * The metrics of one worker, without prom-client's aggregation.
 *
 * @param {import("node:cluster").Worker | undefined} worker
 */
async function metricsOf(worker) {
  worker?.send("own metrics");
  return new Promise((resolve) => {
    worker?.on("message", function listener(/** @type {{ own?: string }} */ { own }) {
      if (own === undefined) return;
      worker.off("message", listener);
      resolve(own);
    });
  });
}

if (cluster.isPrimary) {
  cluster.schedulingPolicy = process.argv[2] === "none" ? cluster.SCHED_NONE : cluster.SCHED_RR;
  const register = new client.AggregatorRegistry();
  let listening = 0;
  cluster.on("listening", (_worker, { port }) => {
    if (++listening === WORKERS) console.log(port);
  });
  for (let worker = 0; worker < WORKERS; worker++) cluster.fork();
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "stop") process.exit();
    if (line === "workers") {
      void Promise.all(Object.values(cluster.workers ?? {}).map(metricsOf)).then((texts) =>
        console.log(JSON.stringify(texts)),
      );
      return;
    }
    void register.clusterMetrics().then((text) => console.log(JSON.stringify(text)));
  });
} else {
  // It answers the primary, and has no metrics of its own.
  const answering = new client.AggregatorRegistry();
  const server = createServer((_req, res) => res.end(String(process.pid)));
  registerMetrics(trackConnections(server), { client });
  server.listen(0, "127.0.0.1");
  process.on("message", (message) => {
    if (message === "own metrics") void client.register.metrics().then((own) => process.send?.({ own }));
  });
  process.once("disconnect", () => answering.clear());
}
