// Requests per second of an HTTP server in another process, with and without getTcpInfo(req) in each request.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Usage } from "../children/report-usage.mts";
import { HttpLoad } from "../connections/http-load.mts";
import type { Effort } from "../measure/effort.mts";
import { ratioSpread, spread } from "../measure/statistics.mts";
import { factors, ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/http-server.mts");
const LIMIT = 0.95;

const PATHS = {
  "without sockinfo": "/",
  "with the bare getsockopt in each": "/c-loop",
  "with getTcpInfo(req) in each": "/get-tcp-info",
} as const;
type Kind = keyof typeof PATHS;
const KINDS = Object.keys(PATHS) as Kind[];
const [WITHOUT, BARE, WITH] = KINDS as [Kind, Kind, Kind];

/** What came of a turn. */
interface Turn {
  readonly requestsPerSecond: number;
  /** Of the server's processor time. */
  readonly nanosecondsPerRequest: number;
}

export async function httpThroughput({ http: { rounds, turnMs, connections } }: Effort): Promise<Section> {
  const child = fork(CHILD);
  const load = new HttpLoad();
  const turns = Object.fromEntries(KINDS.map((kind) => [kind, [] as Turn[]])) as Record<Kind, Turn[]>;
  try {
    const [port] = (await once(child, "message")) as [number];
    await load.start(port, connections, "/");
    for (const kind of KINDS) await takeTurn(child, load, PATHS[kind], 1000);
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? KINDS : KINDS.toReversed();
      for (const kind of order) turns[kind].push(await takeTurn(child, load, PATHS[kind], turnMs));
    }
  } finally {
    load.stop();
    child.kill();
  }
  return {
    title: 'node:http, "ok" to each request, keep-alive',
    rows: [
      rateRow(WITHOUT, turns),
      rateRow(BARE, turns, WITHOUT),
      rateRow(WITH, turns, WITHOUT, LIMIT),
      rateRow(WITH, turns, BARE),
      cpuRow(WITHOUT, turns),
      cpuRow(BARE, turns, WITHOUT),
      cpuRow(WITH, turns, WITHOUT),
    ],
    notes: [
      `HTTP: server and load are two processes on this machine, ${connections} connections, ${rounds} rounds ` +
        `with a turn of ${turnMs} ms for each; the ratios are of turns in the same round.`,
    ],
  };
}

async function takeTurn(child: ChildProcess, load: HttpLoad, path: string, turnMs: number): Promise<Turn> {
  load.setPath(path);
  // Until the requests with the other path are through.
  await sleep(20);
  const before = await usage(child);
  const answered = load.answered;
  const start = performance.now();
  await sleep(turnMs);
  const requestsPerSecond = ((load.answered - answered) / (performance.now() - start)) * 1000;
  const after = await usage(child);
  const cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds;
  return { requestsPerSecond, nanosecondsPerRequest: (cpuMicroseconds * 1000) / (after.requests - before.requests) };
}

async function usage(child: ChildProcess): Promise<Usage> {
  child.send("usage");
  const [answer] = (await once(child, "message")) as [Usage];
  return answer;
}

function rateRow(kind: Kind, turns: Record<Kind, Turn[]>, to?: Kind, limit?: number): Row {
  const rates = (of: Kind) => turns[of].map((turn) => turn.requestsPerSecond);
  const time = `${Math.round(spread(rates(kind)).median).toLocaleString("en")}/s`;
  const ratio = to && ratioSpread(rates(kind), rates(to));
  return {
    what: `requests per second ${kind}`,
    time,
    ratio: ratio ? factors(ratio) : "",
    to: to ?? "",
    limit: limit === undefined ? "" : `≥ ${limit}`,
    reached: limit === undefined || !ratio ? undefined : ratio.median >= limit,
  };
}

function cpuRow(kind: Kind, turns: Record<Kind, Turn[]>, to?: Kind): Row {
  const times = (of: Kind) => turns[of].map((turn) => turn.nanosecondsPerRequest);
  const what = `server's CPU time per request ${kind}`;
  return to === undefined ? timeRow(what, times(kind)) : ratioRow(what, times(kind), { name: to, samples: times(to) });
}
