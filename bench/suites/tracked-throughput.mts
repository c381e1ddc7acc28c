// What of its requests per second a server keeps when its connections are tracked: servers in processes of their own, alike but for
// the tracker, take turns.
import { join } from "node:path";
import type { Protocol, Tracking } from "../children/tracked-server.mts";
import { connectTcp, connectTls, freshLanes, keepAliveLanes, streamLanes, type Lanes } from "../connections/lanes.mts";
import { Load } from "../connections/load.mts";
import { Served, type Turn } from "../connections/served.mts";
import type { Effort } from "../measure/effort.mts";
import { shuffled } from "../measure/interleave.mts";
import { ratioSpread, spread } from "../measure/statistics.mts";
import { factors, ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/tracked-server.mts");

/** One way to ask a server. */
interface Way {
  readonly name: string;
  readonly protocol: Protocol;
  readonly limit?: number;
  open(port: number, count: number): Promise<Lanes>;
}

const WAYS: readonly Way[] = [
  { name: "keep-alive", protocol: "http", limit: 0.97, open: (port, n) => keepAliveLanes(connectTcp, port, n) },
  { name: "new connections", protocol: "http", limit: 0.95, open: (port, n) => freshLanes(connectTcp, port, n) },
  { name: "https, keep-alive", protocol: "https", open: (port, n) => keepAliveLanes(connectTls, port, n) },
  { name: "https, new connections", protocol: "https", open: (port, n) => freshLanes(connectTls, port, n) },
  { name: "h2c, streams", protocol: "h2c", open: streamLanes },
];

const WITHOUT = "without a tracker";
/** The second without one shows what the machine makes of two that are the same. */
const KINDS: Readonly<Record<string, Tracking>> = {
  [WITHOUT]: "none",
  "without a tracker, again": "none",
  "with a tracker": "tracker",
  "with a tracker and listeners": "listeners",
};

/** Of each kind, in the order of the rounds. */
type Turns = Readonly<Record<string, Turn[]>>;

export async function trackedThroughput({ tracked }: Effort): Promise<Section> {
  const measured = WAYS.filter((way) => way.limit !== undefined || !tracked.limitedOnly);
  const turns = new Map(measured.map((way) => [way, noTurns()]));
  for (let generation = 0; generation < tracked.generations; generation++) {
    for (const protocol of new Set(measured.map((way) => way.protocol))) {
      const ways = measured.filter((way) => way.protocol === protocol);
      await measure(protocol, new Map(ways.map((way) => [way, turns.get(way) as Turns])), tracked);
    }
  }
  const { generations, rounds, turnMs, connections } = tracked;
  return {
    title: 'trackConnections: a server that answers "ok"',
    rows: [...turns].flatMap(([way, ofWay]) => rowsOf(way, ofWay)),
    notes: [
      `Trackers: ${generations} times new processes for all servers, ${rounds} rounds of turns of ${turnMs} ms in each, ` +
        `${connections} requests at a time; the load is a process, too. The ratios are of turns in the same round; ` +
        "what a second server without a tracker gets is the noise. Listeners: of `state` and `closed`, which count.",
    ],
  };
}

function noTurns(): Turns {
  return Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
}

/** One server of each kind, all of them alive for the whole time; whoever has no turn has nothing to do. */
async function measure(protocol: Protocol, turns: ReadonlyMap<Way, Turns>, effort: Effort["tracked"]): Promise<void> {
  const names = Object.keys(KINDS);
  const servers = await Promise.all(names.map((name) => Served.start(CHILD, [protocol, KINDS[name] as Tracking])));
  for (const [way, ofWay] of turns) {
    const opened = await Promise.all(servers.map((server) => way.open(server.port, effort.connections)));
    const loads = opened.map(({ lanes }) => new Load(lanes));
    const takeTurn = (i: number, turnMs: number) => (servers[i] as Served).takeTurn(loads[i] as Load, turnMs);
    for (const i of names.keys()) await takeTurn(i, effort.warmUpMs);
    for (let round = 0; round < effort.rounds; round++) {
      for (const i of shuffled([...names.keys()])) ofWay[names[i] as string]?.push(await takeTurn(i, effort.turnMs));
    }
    for (const { close } of opened) close();
  }
  for (const server of servers) server.stop();
}

function rowsOf({ name, limit }: Way, turns: Turns): Row[] {
  const kinds = Object.keys(KINDS);
  return [
    ...kinds.map((kind) => rateRow(`${name}: requests per second ${kind}`, turns, kind, limit)),
    ...kinds.map((kind) => cpuRow(`${name}: server's CPU time per request ${kind}`, turns, kind)),
  ];
}

function rateRow(what: string, turns: Turns, kind: string, limit?: number): Row {
  const rates = (of: string) => (turns[of] as Turn[]).map((turn) => turn.requestsPerSecond);
  const time = `${Math.round(spread(rates(kind)).median).toLocaleString("en")}/s`;
  if (kind === WITHOUT) return { what, time, ratio: "", to: "", limit: "", reached: undefined };
  const ratio = ratioSpread(rates(kind), rates(WITHOUT));
  const isLimited = limit !== undefined && KINDS[kind] !== "none";
  return {
    what,
    time,
    ratio: factors(ratio),
    to: WITHOUT,
    limit: isLimited ? `≥ ${limit}` : "",
    reached: isLimited ? ratio.median >= limit : undefined,
  };
}

function cpuRow(what: string, turns: Turns, kind: string): Row {
  const times = (of: string) => (turns[of] as Turn[]).map((turn) => turn.nanosecondsPerRequest);
  if (kind === WITHOUT) return timeRow(what, times(kind));
  return ratioRow(what, times(kind), { name: WITHOUT, samples: times(WITHOUT) });
}
