// What all metrics of sockinfo/prometheus cost: a server's requests, and a scrape of thousands of connections.
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import client from "prom-client";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";
import type { Protocol, Tracking } from "../children/tracked-server.mts";
import { connectTcp, openKeepAliveClients, openNewConnectionClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import { withManyConnections } from "../connections/many-connections.mts";
import { watchEventLoop } from "../measure/event-loop.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, valueRow, type Row, type Section } from "../report/section.mts";
import { describeSlices, sliceRows } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/tracked-server.mts");

const SERVERS: Readonly<Record<string, readonly [Protocol, Tracking]>> = {
  "without metrics": ["http", "none"],
  "with a tracker": ["http", "tracker"],
  "with all metrics": ["http", "metrics"],
};

const counted = "request";
const KEEP_ALIVE: Scenario = {
  name: "keep-alive",
  counted,
  openClients: openKeepAliveClients.bind(undefined, connectTcp),
};
const NEW_CONNECTIONS: Scenario = {
  name: "new connections",
  counted,
  openClients: openNewConnectionClients.bind(undefined, connectTcp),
};

/** 95 % of the requests per second. */
const SERVER_LIMIT = atMost(1.053);
const CPU_LIMIT = atMost(60);
const TURN_LIMIT = atMost(2);

export async function metricsCost({ tracked, snapshot: { connections, rounds } }: SampleSize): Promise<Section> {
  const kept = await compareServers(PROGRAM, SERVERS, KEEP_ALIVE, tracked);
  const made = await compareServers(PROGRAM, SERVERS, NEW_CONNECTIONS, tracked);
  return {
    title: "sockinfo/prometheus: a server with all metrics, and a scrape",
    about:
      `The server answers "ok". ${describeSlices(tracked)} CPU time of a scrape is that of its thread, in all. The longest ` +
      "blocks of the event loop are elapsed time.",
    rows: [
      ...sliceRows(KEEP_ALIVE, kept, { "with all metrics": { cpuTime: SERVER_LIMIT } }),
      ...sliceRows(NEW_CONNECTIONS, made),
      ...(await scrapeRows(connections, rounds)),
    ],
  };
}

function scrapeRows(wanted: number, rounds: number): Promise<Row[]> {
  const register = new client.Registry();
  const prepare = (server: Server) => registerMetrics(trackConnections(server), { client, register });
  return withManyConnections(
    wanted,
    async ({ sockets }) => {
      const [cpu, turns, blocked, idle] = [[], [], [], []] as [number[], number[], number[], number[]];
      for (let round = 0; round < rounds; round++) {
        const start = threadCpuNs();
        await register.metrics();
        cpu.push((threadCpuNs() - start) / 1e6);
        const { longestCpuMs, longestMs, tookMs } = await watchEventLoop(() => register.metrics());
        turns.push(longestCpuMs);
        blocked.push(longestMs);
        idle.push((await watchEventLoop(() => sleep(tookMs))).longestMs);
      }
      const scrape = `a scrape of ${sockets.length.toLocaleString("en")} connections`;
      return [
        valueRow(`${scrape}: CPU time`, cpu, "ms", CPU_LIMIT),
        valueRow(`${scrape}: most CPU time in one turn of the event loop`, turns, "ms", TURN_LIMIT),
        valueRow(`${scrape}: longest block of the event loop`, blocked, "ms"),
        valueRow("longest block of the event loop in the same time without it", idle, "ms"),
      ];
    },
    { prepare },
  );
}
