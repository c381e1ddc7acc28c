// The page of sockinfo/page with no viewer, one and ten, at thousands of live connections.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { trackConnections } from "sockinfo/connections";
import { createConnectionsPage } from "sockinfo/page";
import { withManyConnections } from "../connections/many-connections.mts";
import { watchEventLoop } from "../measure/event-loop.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, valueRow, type Row, type Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/watch-page.mts");
const VIEWERS = [0, 1, 10] as const;
const SECOND_MS = 1000;
/** By the second look, V8 has compiled little. */
const WARM_UP_MS = 5000;
/** How long the event loop may be held at a time. */
const HOLD_LIMIT = atMost(5);

export function pageCost({ snapshot: { connections }, looks }: SampleSize): Promise<Section> {
  return withManyConnections(connections, async ({ sockets, server }) => {
    const page = createConnectionsPage(trackConnections(server));
    const address = await page.listen(0);
    const rows: Row[] = [];
    for (const viewers of VIEWERS) rows.push(...(await measure(address, viewers, looks.rounds)));
    page.close();
    return {
      title: `The page: ${sockets.length} connections, and viewers`,
      about:
        "CPU time of the server's thread in a second, and the most CPU time between two turns of its event loop. " +
        "The viewers are in another process, and see 100 rows each.",
      rows,
    };
  });
}

async function measure(address: string, viewers: number, rounds: number): Promise<Row[]> {
  const child = viewers > 0 ? fork(CHILD, [address, String(viewers)], { execArgv: ["--import", "tsx"] }) : undefined;
  if (child) await once(child, "message");
  await sleep(WARM_UP_MS);
  const [cpuMs, holdsMs] = [[], []] as [number[], number[]];
  for (let round = 0; round < rounds; round++) {
    const start = threadCpuNs();
    await sleep(SECOND_MS);
    cpuMs.push((threadCpuNs() - start) / 1e6);
    holdsMs.push((await watchEventLoop(() => sleep(SECOND_MS))).longestCpuMs);
  }
  child?.kill();
  const name = `${viewers} ${viewers === 1 ? "viewer" : "viewers"}`;
  return [
    valueRow(`${name}: CPU time in a second`, cpuMs, "ms"),
    valueRow(`${name}: longest hold of the event loop`, holdsMs, "ms", HOLD_LIMIT),
  ];
}
