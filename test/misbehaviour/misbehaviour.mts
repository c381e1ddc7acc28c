// `npm run test:misbehaviour`: thousands of connections that misbehave at random, on both sides, over every kind of
// server. Nothing may end the process, and nothing may be left.
// `--connections N` makes another number than 4,000. `--seed S` repeats a run, `--only N` one of its connections again
// and again. `--plain` does not call enableHijack(): a fault that also shows there is Node's.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { check, checkEqual } from "../helpers/check.ts";
import { Findings, numberOf } from "./findings.mts";
import { handle } from "./handlers.mts";
import { countByKind, describeListeners, describeNew, descriptors } from "./leftovers.mts";
import { speakHttp2, takeOwn } from "./node-clients.mts";
import type { Weights } from "../helpers/random.ts";
import { Choices } from "./life.mts";
import { misbehave } from "./raw-clients.mts";
import { note } from "./story.mts";
import { counted, MUST_HAPPEN } from "./tally.mts";
import { type Kind, KINDS, Misused } from "./servers.mts";

const { values: options } = parseArgs({
  options: {
    connections: { type: "string", default: "4000" },
    seed: { type: "string", default: String(Date.now() & 0xff_ffff) },
    only: { type: "string" },
    plain: { type: "boolean", default: false },
  },
});
const seed = Number(options.seed);
const connections = Number(options.connections);
if (!Number.isInteger(seed) || !(connections > 0)) throw new Error("--seed and --connections are numbers");
console.log(`--seed ${seed} --connections ${connections}${options.plain ? " --plain" : ""}`);

const AT_A_TIME = 64;
/** Node keeps up to this number of parsers for reuse. */
const PARSER_POOL = 1000;
const MISBEHAVIOURS = { raw: misbehave, node: takeOwn, http2: speakHttp2 };
const SOME = { raw: 4, node: 1, http2: 0 };
const CLIENTS: Readonly<Record<Kind, Weights<keyof typeof MISBEHAVIOURS>>> = {
  http: SOME,
  upgrades: SOME,
  https: SOME,
  h2: { raw: 4, node: 1, http2: 2 },
  Unix: SOME,
  injected: { raw: 1, node: 0, http2: 0 },
};

const findings = new Findings(seed);
const before = describeListeners([process]);
const stopWatching = findings.watchProcess();
const servers = KINDS.map((kind) => new Misused(kind, handle, { isPlain: options.plain }));
for (const server of servers) await server.start();
const start = performance.now();

// After these, the process has opened everything that it opens only once.
await run(0, 2 * AT_A_TIME);
await settle();
const listenersBefore = describeListeners(servers.map(({ server }) => server));
const descriptorsBefore = descriptors();

await run(2 * AT_A_TIME, connections);
await settle();

checkEqual("descriptors, by kind", countByKind(descriptors()), countByKind(descriptorsBefore));
for (const line of describeNew(descriptorsBefore)) console.log(`     new: ${line}`);
checkEqual("listeners of the servers", describeListeners(servers.map(({ server }) => server)), listenersBefore);
for (const server of servers) await checkServer(server);
for (const server of servers) {
  checkEqual(`${server.kind}: listeners that sockinfo leaves`, server.stop(), 0);
}
stopWatching();
checkEqual("listeners of the process, and subscribers of channels", describeListeners([process]), before);
console.log(counted());
const missing = MUST_HAPPEN.filter((what) => !(what in counted()));
if (connections >= 1000 && !options.plain && options.only === undefined)
  checkEqual("everything has happened", missing, []);
check(`no uncaught error or rejection, no connection that stays (${findings.count} findings)`, findings.count === 0);
console.log(`${connections} connections in ${((performance.now() - start) / 1000).toFixed(1)} s`);

/** Makes the connections from `first` up to, but not including, `end`, some at a time. */
async function run(first: number, end: number): Promise<void> {
  let next = first;
  const work = async (): Promise<void> => {
    while (next < end) {
      const number = next++;
      await connect(first > 0 && options.only !== undefined ? Number(options.only) : number);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

/** All that a connection does follows from the seed and its number. */
async function connect(number: number): Promise<void> {
  const random = new Choices(seed * 1_000_003 + number, number);
  const server = random.pick(servers);
  const misbehaviour = random.weighted(CLIENTS[server.kind]);
  note(number, `${server.kind}: ${misbehaviour}`);
  await findings.during(number, () => MISBEHAVIOURS[misbehaviour](server, random));
}

/** Waits until the servers have closed their sides. All clients have gone. A side that stays open is a finding. */
async function settle(): Promise<void> {
  for (let round = 0; round < 300 && servers.some(({ open }) => open.size > 0); round++) await sleep(10);
  for (const { kind, open, http2 } of servers) {
    for (const socket of open) {
      // Node 20 to 24 keep some sessions whose client has not left in order.
      if (!http2.has(socket)) {
        findings.add(`${kind}: the client has gone, and the server's side stays open`, numberOf(socket));
      }
      socket.destroy();
    }
  }
  // Node closes descriptors a little after 'close'.
  await sleep(100);
}

async function checkServer({ kind, server, connections: count, ...misused }: Misused): Promise<void> {
  const { closed, closedForTracker, tracker, parsers } = misused;
  const accepted = await new Promise((resolve) => server.getConnections((_, number) => resolve(number)));
  checkEqual(`${kind}: getConnections()`, accepted, 0);
  checkEqual(`${kind}: each of ${count} connections closed once`, closed, count);
  if (tracker)
    checkEqual(`${kind}: the tracker has seen them close, and has none`, [closedForTracker, tracker.size], [count, 0]);
  check(`${kind}: ${parsers.size} parsers`, parsers.size <= PARSER_POOL);
}
