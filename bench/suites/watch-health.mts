// One look of watchHealth at thousands of live connections, while all are well and while all have to be diagnosed.
import { setTimeout as sleep } from "node:timers/promises";
import { trackConnections, watchHealth } from "sockinfo/connections";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { captureLook } from "../connections/health-look.mts";
import { withManyConnections, type ManyConnections } from "../connections/many-connections.mts";
import { interleave, type Rounds } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, ratioRow, valueRow, type Row, type Section } from "../report/section.mts";

/** 10,000 connections every five seconds are 1 % of one core. */
const LIMIT = atMost(5000);
/** More than the client's window. The rest waits here, so every look diagnoses every connection. */
const UNREAD_BYTES = 100_000;
/** A diagnosis needs half a second between two looks. */
const PAUSE_MS = 520;

export async function watchHealthCost({ snapshot: { connections }, looks }: SampleSize): Promise<Section> {
  const well = await withManyConnections(connections, (opened) => measure("all well", opened, looks));
  const waiting = await withManyConnections(connections / 10, (opened) => measure("all slow readers", opened, looks), {
    unreadBytes: UNREAD_BYTES,
  });
  return {
    title: "watchHealth: a look at all connections of a server",
    about: `CPU time per connection, compared with getsockopt(TCP_INFO) in a loop in C on the same descriptors.`,
    rows: [...well, ...waiting],
  };
}

async function measure(
  name: string,
  { sockets, server }: ManyConnections,
  looks: Omit<Rounds, "calls">,
): Promise<Row[]> {
  const count = sockets.length;
  const fds = Int32Array.from(sockets, fdOfSocket);
  const tracker = trackConnections(server);
  const look = captureLook(() => watchHealth(tracker));
  const { cLoop, watched } = await interleave(
    {
      cLoop: () => loopTcpInfo(fds, count),
      watched: async () => {
        await sleep(PAUSE_MS);
        return cpuTimeOf(look, count);
      },
    },
    { ...looks, calls: count },
  );
  tracker.close();
  const base = { name: `C loop: TCP_INFO of ${count} connections`, samples: cLoop };
  return [
    valueRow(base.name, cLoop),
    ratioRow(`a look at ${count} connections, ${name}`, watched, base),
    valueRow(`the same, in itself`, watched, "ns", LIMIT),
  ];
}

async function cpuTimeOf(run: () => unknown, count: number): Promise<number> {
  const start = threadCpuNs();
  await run();
  return (threadCpuNs() - start) / count;
}
