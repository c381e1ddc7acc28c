// What enableHijack costs a server where no connection is hijacked. And what a hijacked connection costs, compared
// with one that Node hands over by its 'upgrade' event.
import { join } from "node:path";
import type { Handler, Hijacking } from "../children/hijack-server.mts";
import { connectTcp, openEchoClients, openKeepAliveClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Row, type Section } from "../report/section.mts";
import { describeSlices, sliceRows, type ServerLimits } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/hijack-server.mts");

interface HijackScenario extends Scenario {
  readonly servers: Readonly<Record<string, readonly [Handler, Hijacking]>>;
}

const SCENARIOS: readonly HijackScenario[] = [
  keepAliveScenario("sync handler", "answer"),
  keepAliveScenario("async handler", "answer-late"),
  {
    name: "handed over",
    counted: "connection",
    servers: { "by 'upgrade'": ["upgrade", "disabled"], "by hijack()": ["hijack", "enabled"] },
    openClients: openEchoClients.bind(undefined, connectTcp),
  },
];

const LIMITS: ServerLimits = {
  "with enableHijack": { cpuTime: atMost(1.02) },
  "by hijack()": { cpuTime: atMost(2) },
};

export async function hijackCost({ hijack }: SampleSize): Promise<Section> {
  const rows: Row[] = [];
  for (const scenario of SCENARIOS) {
    rows.push(...sliceRows(scenario, await compareServers(PROGRAM, scenario.servers, scenario, hijack), LIMITS));
  }
  return {
    title: "enableHijack and hijack()",
    about:
      'Sync and async handlers answer "ok" on keep-alive connections and hijack none of them. "Handed over" means that each new ' +
      `connection leaves HTTP after its first request and becomes an echo. ${describeSlices(hijack)}`,
    rows,
  };
}

function keepAliveScenario(name: string, handler: Handler): HijackScenario {
  return {
    name,
    counted: "request",
    servers: { "without enableHijack": [handler, "disabled"], "with enableHijack": [handler, "enabled"] },
    openClients: openKeepAliveClients.bind(undefined, connectTcp),
  };
}
