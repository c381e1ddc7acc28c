// What a tracker costs a server: CPU time for each request, and requests per second.
import { join } from "node:path";
import type { Protocol, Tracking } from "../children/tracked-server.mts";
import {
  connectTcp,
  connectTls,
  openHttp2Clients,
  openKeepAliveClients,
  openNewConnectionClients,
} from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Row, type Section } from "../report/section.mts";
import { describeSlices, sliceRows } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/tracked-server.mts");

interface TrackedScenario extends Scenario {
  readonly protocol: Protocol;
  readonly mostCpuTime?: number;
}

const counted = "request";

const SCENARIOS: readonly TrackedScenario[] = [
  {
    name: "keep-alive",
    counted,
    protocol: "http",
    mostCpuTime: 1.02,
    openClients: openKeepAliveClients.bind(undefined, connectTcp),
  },
  {
    name: "new connections",
    counted,
    protocol: "http",
    mostCpuTime: 1.12,
    openClients: openNewConnectionClients.bind(undefined, connectTcp),
  },
  {
    name: "https, keep-alive",
    counted,
    protocol: "https",
    mostCpuTime: 1.02,
    openClients: openKeepAliveClients.bind(undefined, connectTls),
  },
  {
    name: "https, new connections",
    counted,
    protocol: "https",
    mostCpuTime: 1.05,
    openClients: openNewConnectionClients.bind(undefined, connectTls),
  },
  { name: "h2c, streams", counted, protocol: "h2c", openClients: openHttp2Clients },
];

const SERVERS: Readonly<Record<string, Tracking>> = {
  "without a tracker": "none",
  "with a tracker": "tracker",
  "with a tracker and listeners": "listeners",
};

export async function trackedThroughput({ tracked, limitedOnly }: SampleSize): Promise<Section> {
  const rows: Row[] = [];
  for (const scenario of SCENARIOS) {
    const { protocol, mostCpuTime } = scenario;
    if (limitedOnly && mostCpuTime === undefined) continue;
    const servers = Object.fromEntries(Object.entries(SERVERS).map(([name, tracking]) => [name, [protocol, tracking]]));
    const limits = mostCpuTime === undefined ? {} : { cpuTime: atMost(mostCpuTime) };
    rows.push(
      ...sliceRows(scenario, await compareServers(PROGRAM, servers, scenario, tracked), {
        "with a tracker": limits,
        "with a tracker and listeners": limits,
      }),
    );
  }
  return {
    title: 'trackConnections: a server that answers "ok"',
    about:
      'The listeners are of "state" and "closed". "New connections" have one request each. The tracker makes two system calls for ' +
      `each connection: for the address of the client, and for TCP_INFO at the end. ${describeSlices(tracked)}`,
    rows,
  };
}
