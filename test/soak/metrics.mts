// Soaks the metrics of sockinfo/prometheus: connections come and go, each asks for a class of its own, and a scrape
// follows again and again. Neither memory nor the number of series may grow.
import client from "prom-client";
import type { Connection } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";
import { runInBatches } from "./batches.mts";
import { get, runPlainClient } from "./clients.mts";
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";
import { TrackedServer } from "./tracked-server.mts";

export const METRICS = "connections with metrics";

export async function soakMetrics(connections: number): Promise<void> {
  const start = performance.now();
  const descriptors = countDescriptors();
  const server = new TrackedServer("http");
  await server.start();
  const register = new client.Registry();
  const classify = ({ id }: Connection): string => `class ${id}`;
  const metrics = registerMetrics(server.tracker, { client, register, classify });
  const memory = new MemorySamples();
  const each = Math.ceil(connections / SAMPLES);
  const lines = new Set<number>();
  for (let sample = 0; sample < SAMPLES; sample++) {
    await runInBatches(each, () => runPlainClient(server, visit));
    lines.add((await register.metrics()).split("\n").length);
    await memory.take();
  }
  const closed = await totalOf(register, "sockinfo_connections_closed_total");
  metrics.close();
  const left = (await register.getMetricsAsJSON()).length + server.stop();
  const moreDescriptors = countDescriptors() - descriptors;
  report(
    memory.isHeapFlat && lines.size === 1 && closed === each * SAMPLES && left + moreDescriptors === 0,
    METRICS,
    `${memory.describe()}, ${closed} of ${each * SAMPLES} closed, ${[...lines].join(" or ")} lines, ` +
      `${moreDescriptors} descriptors more, left: ${left}`,
    start,
  );
}

async function visit(socket: import("node:net").Socket): Promise<void> {
  await get(socket, "/");
  socket.end();
}

async function totalOf(register: client.Registry, name: string): Promise<number> {
  const metric = (await register.getMetricsAsJSON()).find((each) => each.name === name);
  return (metric?.values ?? []).reduce((total, { value }) => total + value, 0);
}
