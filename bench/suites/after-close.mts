// What `afterClose` costs: a server with many new connections, and an idle one beside another program with many.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Protocol, Tracking } from "../children/tracked-server.mts";
import { connectTcp, openNewConnectionClients } from "../connections/clients.mts";
import { compareServers } from "../connections/compare-servers.mts";
import { ServerProcess } from "../connections/server-process.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, differenceRow, type Row, type Section, valueRow } from "../report/section.mts";
import { describeSlices, sliceRows } from "../report/slice-rows.mts";

const CHILDREN = join(import.meta.dirname, "../children");
const PROGRAM = join(CHILDREN, "tracked-server.mts");

const FOREIGN_PER_SECOND = 1000;
const IDLE_MS = 2000;
/** A hundredth of a percent of one core. */
const FOREIGN_LIMIT = atMost(100_000);

const SERVERS: Readonly<Record<string, readonly [Protocol, Tracking]>> = {
  "with a tracker and listeners": ["http", "listeners"],
  "with afterClose": ["http", "afterClose"],
};

export async function afterCloseCost({ tracked }: SampleSize): Promise<Section> {
  const scenario = {
    name: "new connections",
    counted: "request",
    openClients: openNewConnectionClients.bind(undefined, connectTcp),
  } as const;
  const slices = await compareServers(PROGRAM, SERVERS, scenario, tracked);
  return {
    title: "trackConnections: afterClose",
    about:
      'The listeners are of "state" and "closed", and with afterClose of "destroyed". "New connections" have one request each. ' +
      `${describeSlices(tracked)} The idle servers have no connections, while another program opens and closes ` +
      `${FOREIGN_PER_SECOND} connections per second. Their CPU time is that of all their threads, per second.`,
    rows: [
      ...sliceRows(scenario, slices, { "with afterClose": { cpuTime: atMost(1.03) } }),
      ...(await foreignRows(tracked.runs)),
    ],
  };
}

async function foreignRows(runs: number): Promise<Row[]> {
  const [without, withEnds] = [[], []] as [number[], number[]];
  for (let run = 0; run < runs; run++) {
    const servers = await Promise.all(Object.values(SERVERS).map((args) => ServerProcess.start(PROGRAM, args)));
    const foreign = fork(join(CHILDREN, "foreign-connections.mts"), [String(FOREIGN_PER_SECOND)]);
    await once(foreign, "message");
    const [base = NaN, more = NaN] = await Promise.all(servers.map((server) => server.measureCpuNs(IDLE_MS)));
    foreign.kill();
    for (const server of servers) server.stop();
    without.push(base);
    withEnds.push(more);
  }
  return [
    valueRow("foreign connections: CPU time per second of an idle server with a tracker", without),
    valueRow("foreign connections: CPU time per second of an idle server with afterClose", withEnds),
    differenceRow(
      "foreign connections: CPU time per second added by afterClose",
      withEnds,
      { name: "the server with a tracker", samples: without },
      { limit: FOREIGN_LIMIT },
    ),
  ];
}
