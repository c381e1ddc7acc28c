// What of its requests per second a server keeps when its connections are tracked: servers in processes of their own, alike but for
// the tracker, take turns.
import { join } from "node:path";
import type { Protocol, Tracking } from "../children/tracked-server.mts";
import { connectTcp, connectTls, freshLanes, keepAliveLanes, streamLanes } from "../connections/lanes.mts";
import { takeTurns, type Turns, type Way } from "../connections/take-turns.mts";
import type { Effort } from "../measure/effort.mts";
import type { Section } from "../report/section.mts";
import { turnRows } from "../report/turn-rows.mts";

const CHILD = join(import.meta.dirname, "../children/tracked-server.mts");

interface TrackedWay extends Way {
  readonly protocol: Protocol;
  readonly limit?: number;
}

const WAYS: readonly TrackedWay[] = [
  { name: "keep-alive", protocol: "http", limit: 0.97, open: (port, n) => keepAliveLanes(connectTcp, port, n) },
  { name: "new connections", protocol: "http", limit: 0.95, open: (port, n) => freshLanes(connectTcp, port, n) },
  { name: "https, keep-alive", protocol: "https", open: (port, n) => keepAliveLanes(connectTls, port, n) },
  { name: "https, new connections", protocol: "https", open: (port, n) => freshLanes(connectTls, port, n) },
  { name: "h2c, streams", protocol: "h2c", open: streamLanes },
];

/** The second without one shows what the machine makes of two that are the same. */
const KINDS: Readonly<Record<string, Tracking>> = {
  "without a tracker": "none",
  "without a tracker, again": "none",
  "with a tracker": "tracker",
  "with a tracker and listeners": "listeners",
};

export async function trackedThroughput({ tracked }: Effort): Promise<Section> {
  const measured = WAYS.filter((way) => way.limit !== undefined || !tracked.limitedOnly);
  const turns = new Map<TrackedWay, Turns>();
  for (const protocol of new Set(measured.map((way) => way.protocol))) {
    const ways = measured.filter((way) => way.protocol === protocol);
    const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, tracking]) => [kind, [protocol, tracking]]));
    const ofWays = await takeTurns(CHILD, kinds, ways, tracked);
    for (const [i, way] of ways.entries()) turns.set(way, ofWays[i] as Turns);
  }
  const { generations, rounds, turnMs, connections } = tracked;
  return {
    title: 'trackConnections: a server that answers "ok"',
    rows: [...turns].flatMap(([{ name, limit }, ofWay]) => {
      return turnRows(ofWay, {
        way: name,
        unit: "request",
        limitOf: (kind) => (KINDS[kind] === "none" ? undefined : limit),
      });
    }),
    notes: [
      `Trackers: ${generations} times new processes for all servers, ${rounds} rounds of turns of ${turnMs} ms in each, ` +
        `${connections} requests at a time; the load is a process, too. The ratios are of turns in the same round; ` +
        "what a second server without a tracker gets is the noise. Listeners: of `state` and `closed`, which count.",
    ],
  };
}
