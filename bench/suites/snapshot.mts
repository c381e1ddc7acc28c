// getTcpInfoBatch and takeSnapshot of thousands of live connections, and how long they block the event loop.
import { setTimeout as sleep } from "node:timers/promises";
import { getTcpInfoBatch } from "sockinfo";
import { takeSnapshot } from "sockinfo/connections";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { withManyConnections } from "../connections/many-connections.mts";
import { watchEventLoop } from "../measure/event-loop.mts";
import { interleave, type Variant } from "../measure/interleave.mts";
import { kept } from "../measure/kept.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, ratioRow, valueRow, type Section } from "../report/section.mts";

const LIMIT = atMost(1.5);

export function snapshot({ snapshot: { connections: wanted, ...rounds } }: SampleSize): Promise<Section> {
  return withManyConnections(wanted, async ({ sockets }) => {
    const connections = sockets.map((socket) => ({ socket }));
    const count = sockets.length;
    const fds = Int32Array.from(sockets, fdOfSocket);
    const timedForAll =
      (call: () => unknown): Variant =>
      async (calls) => {
        const times = Math.ceil(calls / count);
        const start = threadCpuNs();
        for (let time = 0; time < times; time++) kept.result = await call();
        return (threadCpuNs() - start) / (times * count);
      };
    const { cLoop, batch, taken, decoded } = await interleave(
      {
        cLoop: (calls) => loopTcpInfo(fds, calls),
        batch: timedForAll(() => getTcpInfoBatch(sockets)),
        taken: timedForAll(() => takeSnapshot(connections)),
        decoded: timedForAll(async () => {
          for (const [, info] of await takeSnapshot(connections)) kept.result = info;
        }),
      },
      rounds,
    );
    const [blocked, idle] = [[], []] as [number[], number[]];
    for (let round = 0; round < rounds.rounds; round++) {
      const { longestMs, tookMs } = await watchEventLoop(() => takeSnapshot(connections));
      blocked.push(longestMs);
      idle.push((await watchEventLoop(() => sleep(tookMs))).longestMs);
    }

    const base = { name: `C loop: TCP_INFO of ${count} connections`, samples: cLoop };
    const fewer = count < wanted ? ` The limit of descriptors allows no more; ${wanted} were wanted.` : "";
    return {
      title: `All connections of a server: ${count} of them`,
      about:
        `Time per connection, compared with getsockopt(TCP_INFO) in a loop in C on the same descriptors. ` +
        `The longest blocks of the event loop are elapsed time.${fewer}`,
      rows: [
        valueRow(base.name, cLoop),
        ratioRow("getTcpInfoBatch(sockets)", batch, base, { limit: LIMIT }),
        ratioRow("takeSnapshot(connections), quantiles included", taken, base, { limit: LIMIT }),
        ratioRow("takeSnapshot(connections), and every connection decoded", decoded, base),
        valueRow("longest block of the event loop during takeSnapshot(connections)", blocked, "ms"),
        valueRow("longest block of the event loop in the same time without it", idle, "ms"),
      ],
    };
  });
}
