// Twenty connections to a cluster of two workers, which listen at one port. Prints what each worker counts.
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { trackConnections } from "sockinfo/connections";

const CONNECTIONS = 20;

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const ports = await Promise.all(workers.map((worker) => once(worker, "message")));
  const port = ports[0]?.[0];
  for (let i = 0; i < CONNECTIONS; i++) {
    const client = connect(port, "127.0.0.1").resume();
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(client, "close");
  }
  const reports = workers.map((worker) => once(worker, "message"));
  for (const worker of workers) worker.send("report");
  console.log(JSON.stringify((await Promise.all(reports)).map(([report]) => report)));
  for (const worker of workers) worker.kill();
} else {
  const counts = { closed: 0, delivered: 0, others: 0 };
  const server = createServer((_, res) => res.writeHead(200, { Connection: "close" }).end("ok"));
  const tracker = trackConnections(server, { afterClose: true });
  tracker.on("closed", () => counts.closed++);
  tracker.on("destroyed", (_, { end }) => counts[end === "delivered" ? "delivered" : "others"]++);
  server.listen(0, "127.0.0.1", () => {
    process.send?.(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
  });
  process.on("message", async () => {
    while (counts.closed > counts.delivered + counts.others) await once(tracker, "destroyed");
    process.send?.(counts);
  });
}
