// getTcpInfoBatch and takeSnapshot of thousands of live connections, against the C loop over the same descriptors; and for how long
// the event loop is held up meanwhile.
import type { Socket } from "node:net";
import { getTcpInfoBatch } from "sockinfo";
import { takeSnapshot } from "sockinfo/connections";
import { loopTcpInfo } from "../compared/c-loop.mts";
import { withManyConnections } from "../connections/many-connections.mts";
import { fdOfSocket } from "../connections/unix-server.mts";
import type { Effort } from "../measure/effort.mts";
import { shuffled } from "../measure/interleave.mts";
import { spread } from "../measure/statistics.mts";
import { ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const LIMIT = 1.5;
const WARM_UP_ROUNDS = 10;

/** How many connections one turn asks about, be they fewer and asked about again. */
const TURN = 10_000;

/** Returns the nanoseconds for each connection. */
type Turn = () => number | Promise<number>;

export function snapshot({ snapshot: { rounds, connections: wanted } }: Effort): Promise<Section> {
  return withManyConnections(wanted, async (sockets) => {
    const connections = sockets.map((socket) => ({ socket }));
    const count = sockets.length;
    const times = Math.ceil(TURN / count);
    const timed = (call: () => unknown) => timeOf(times, count, call);
    const floorName = `C loop: TCP_INFO of ${count} connections`;
    const turns: Record<string, Turn> = {
      [floorName]: () => loopTcpInfo(fdsOf(sockets), times * count),
      "getTcpInfoBatch(sockets)": () => timed(() => getTcpInfoBatch(sockets)),
      "takeSnapshot(connections), quantiles included": () => timed(() => takeSnapshot(connections)),
      "takeSnapshot(connections), and all decoded": () =>
        timed(async () => {
          for (const [, info] of await takeSnapshot(connections)) kept.result = info;
        }),
    };
    const samples = Object.fromEntries(Object.keys(turns).map((name) => [name, [] as number[]]));
    const stalls: number[] = [];
    const idleStalls: number[] = [];
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const [name, turn] of shuffled(Object.entries(turns))) {
        const time = await turn();
        if (round >= 0) samples[name]?.push(time);
      }
      const { longestMs, tookMs } = await longestStall(() => takeSnapshot(connections));
      const idle = await longestStall(() => new Promise((resolve) => setTimeout(resolve, tookMs)));
      if (round < 0) continue;
      stalls.push(longestMs);
      idleStalls.push(idle.longestMs);
    }

    const floor = { name: floorName, samples: samples[floorName] as number[] };
    const decoded = "takeSnapshot(connections), and all decoded";
    const rows = Object.entries(samples).map(([name, taken]): Row =>
      name === floorName ? timeRow(name, taken) : ratioRow(name, taken, floor, name === decoded ? undefined : LIMIT),
    );
    const missing = count < wanted ? ` The limit of descriptors allows no more; ${wanted} were wanted.` : "";
    return {
      title: `All of a server's connections, ${count} of them; times for each`,
      rows,
      notes: [
        `takeSnapshot of ${count} connections: the longest time in which the event loop could not run was ` +
          `${milliseconds(stalls)}; in as long a time without it ${milliseconds(idleStalls)}.${missing}`,
      ],
    };
  });
}

function fdsOf(sockets: readonly Socket[]): Int32Array {
  return Int32Array.from(sockets, fdOfSocket);
}

async function timeOf(times: number, count: number, call: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  for (let time = 0; time < times; time++) kept.result = await call();
  return Number(process.hrtime.bigint() - start) / (times * count);
}

/** Between two turns of the event loop, from the start of `work` until it is done. */
async function longestStall(work: () => Promise<unknown>): Promise<{ longestMs: number; tookMs: number }> {
  const end = new AbortController();
  const start = performance.now();
  void work().finally(() => end.abort());
  let last = start;
  let longestMs = 0;
  while (!end.signal.aborted) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  return { longestMs, tookMs: last - start };
}

/** Of the longest of each round: half of the rounds, and nine in ten. */
function milliseconds(samples: readonly number[]): string {
  const { median, p90 } = spread(samples);
  return `${median.toFixed(1)} ms (in 9 of 10 rounds at most ${p90.toFixed(1)} ms)`;
}

const kept: { result: unknown } = { result: undefined };
