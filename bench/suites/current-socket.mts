// What enableCurrentSocket() costs an HTTP server in another process, and what a call of getCurrentSocket() costs.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";
import { LoadedServer, type Turn } from "../connections/http-turns.mts";
import type { Effort } from "../measure/effort.mts";
import { interleave, timed, type Rounds, type Samples } from "../measure/interleave.mts";
import { ratioSpread, spread } from "../measure/statistics.mts";
import { factors, ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/current-socket-server.mts");

const KINDS = {
  "without enableCurrentSocket()": { server: "off", path: "/" },
  "with enableCurrentSocket()": { server: "on", path: "/" },
  "with it and getCurrentSocket() in each": { server: "on", path: "/current-socket" },
} as const;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];
const [OFF, ON, CALLED] = NAMES as [Kind, Kind, Kind];

export async function currentSocketCost({ hot, http: { rounds, turnMs, connections } }: Effort): Promise<Section> {
  const turns = Object.fromEntries(NAMES.map((name) => [name, [] as Turn[]])) as Record<Kind, Turn[]>;
  const servers = {
    off: await LoadedServer.start(CHILD, ["off"], connections),
    on: await LoadedServer.start(CHILD, ["on"], connections),
  };
  const take = (name: Kind, ms: number) => servers[KINDS[name].server].turn(KINDS[name].path, ms);
  try {
    for (const name of NAMES) await take(name, 1000);
    for (let round = 0; round < rounds; round++) {
      for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) turns[name].push(await take(name, turnMs));
    }
  } finally {
    servers.off.stop();
    servers.on.stop();
  }
  const rates = (name: Kind) => turns[name].map((turn) => turn.requestsPerSecond);
  const times = (name: Kind) => turns[name].map((turn) => turn.nanosecondsPerRequest);
  const rateRow = (name: Kind, ratio: string): Row => ({
    ...timeRow(`requests per second ${name}`, []),
    time: `${Math.round(spread(rates(name)).median).toLocaleString("en")}/s`,
    ratio,
    to: ratio && OFF,
  });
  const cpu = (name: Kind) =>
    ratioRow(`server's CPU time per request ${name}`, times(name), { name: OFF, samples: times(OFF) });
  const { call } = await timeCalls(hot);
  return {
    title: "getCurrentSocket(): node:http, an async handler, keep-alive",
    rows: [
      rateRow(OFF, ""),
      ...[ON, CALLED].map((name) => rateRow(name, factors(ratioSpread(rates(name), rates(OFF))))),
      timeRow(`server's CPU time per request ${OFF}`, times(OFF)),
      ...[ON, CALLED].map(cpu),
      timeRow("getCurrentSocket(), in a handler", call),
    ],
  };
}

/** In a handler, as a storage with no store in it is quicker. */
async function timeCalls(hot: Rounds): Promise<Samples<"call">> {
  const currentSocket = enableCurrentSocket();
  const server = http.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await new Promise((resolve, reject) => {
      server.once("request", (_req, res: http.ServerResponse) => {
        resolve(interleave({ call: timed(getCurrentSocket) }, hot));
        res.end();
      });
      const { port } = server.address() as AddressInfo;
      http.get({ host: "127.0.0.1", port, agent: false }, (res) => res.resume()).on("error", reject);
    });
  } finally {
    server.close();
    currentSocket.close();
  }
}
