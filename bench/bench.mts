// `npm run bench`: all suites, one report, on standard output and in results/latest.md. `-- --quick` measures less of
// everything, `-- --only tcp-info,cold-start` only these suites.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FULL, QUICK, type SampleSize } from "./measure/sample-size.mts";
import { hashBuild } from "./report/build.mts";
import { toMarkdown } from "./report/markdown.mts";
import type { Section } from "./report/section.mts";
import { afterCloseCost } from "./suites/after-close.mts";
import { allowPeersCost } from "./suites/allow-peers.mts";
import { coldStart } from "./suites/cold-start.mts";
import { currentSocketCost } from "./suites/current-socket.mts";
import { diagnoseCost } from "./suites/diagnose.mts";
import { freshConnections } from "./suites/fresh-connections.mts";
import { growth } from "./suites/growth.mts";
import { hijackCost } from "./suites/hijack.mts";
import { httpThroughput } from "./suites/http-throughput.mts";
import { measureRequestCost } from "./suites/measure-request.mts";
import { metricsCost } from "./suites/metrics.mts";
import { mptcpInfo } from "./suites/mptcp-info.mts";
import { pageCost } from "./suites/page.mts";
import { pageView } from "./suites/page-view.mts";
import { peerCredentials } from "./suites/peer-credentials.mts";
import { refusalCost } from "./suites/refusals.mts";
import { snapshot } from "./suites/snapshot.mts";
import { sockDiag } from "./suites/sock-diag.mts";
import { socketFacts } from "./suites/socket-facts.mts";
import { systemCalls } from "./suites/system-calls.mts";
import { trackedMemory } from "./suites/tracked-memory.mts";
import { trackedThroughput } from "./suites/tracked-throughput.mts";
import { tcpInfo } from "./suites/tcp-info.mts";
import { topCost } from "./suites/top.mts";
import { watchHealthCost } from "./suites/watch-health.mts";
import { wrongGroup } from "./suites/wrong-group.mts";

const SUITES: Readonly<Record<string, (size: SampleSize) => Promise<Section>>> = {
  "tcp-info": tcpInfo,
  diagnose: diagnoseCost,
  "peer-credentials": peerCredentials,
  "socket-facts": socketFacts,
  "mptcp-info": mptcpInfo,
  "fresh-connections": freshConnections,
  "wrong-group": wrongGroup,
  "system-calls": systemCalls,
  refusals: refusalCost,
  snapshot,
  "sock-diag": sockDiag,
  "watch-health": watchHealthCost,
  "http-throughput": httpThroughput,
  "current-socket": currentSocketCost,
  "measure-request": measureRequestCost,
  "tracked-throughput": trackedThroughput,
  "tracked-memory": trackedMemory,
  "after-close": afterCloseCost,
  metrics: metricsCost,
  page: pageCost,
  "page-view": pageView,
  growth,
  hijack: hijackCost,
  "allow-peers": allowPeersCost,
  top: topCost,
  "cold-start": coldStart,
};

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const names = options.only?.split(",") ?? Object.keys(SUITES);

const build = hashBuild();
const sections: Section[] = [];
for (const name of names) {
  const suite = SUITES[name];
  if (!suite) throw new Error(`there is no suite "${name}", only ${Object.keys(SUITES).join(", ")}`);
  console.error(`${name} …`);
  sections.push(await suite(options.quick ? QUICK : FULL));
}

if (hashBuild() !== build) {
  const about =
    "**dist/ or prebuilds/ changed during this run, so the figures are of different builds. Measure again.**";
  sections.push({ title: "The build has changed", about });
}

const report = toMarkdown(sections, `build ${build}, ${options.quick ? "a quick run" : "a full run"}`);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "latest.md"), report);
console.log(report);
