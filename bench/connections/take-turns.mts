// Servers in processes of their own, alike but for what their arguments say, take turns.
import type { TurnsEffort } from "../measure/effort.mts";
import { shuffled } from "../measure/interleave.mts";
import type { Address, Lanes } from "./lanes.mts";
import { Load } from "./load.mts";
import { Served, type Turn } from "./served.mts";

/** One way to ask a server. */
export interface Way {
  readonly name: string;
  open(address: Address, count: number): Promise<Lanes>;
}

/** The arguments of each kind of server. */
export type Kinds = Readonly<Record<string, readonly string[]>>;

/** Of each kind, in the order of the rounds. */
export type Turns = Readonly<Record<string, Turn[]>>;

/** Of each way, in their order. */
export async function takeTurns(
  child: string,
  kinds: Kinds,
  ways: readonly Way[],
  effort: TurnsEffort,
): Promise<Turns[]> {
  const turns = ways.map(() => Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []])) as Turns);
  for (let generation = 0; generation < effort.generations; generation++) {
    const servers = await Promise.all(Object.values(kinds).map((args) => Served.start(child, args)));
    for (const [i, way] of ways.entries()) await measure(servers, way, turns[i] as Turns, effort);
    for (const server of servers) server.stop();
  }
  return turns;
}

/** All of them are alive for the whole time; whoever has no turn has nothing to do. */
async function measure(servers: readonly Served[], way: Way, turns: Turns, effort: TurnsEffort): Promise<void> {
  const opened = await Promise.all(servers.map((server) => way.open(server.address, effort.connections)));
  const loads = opened.map(({ lanes }) => new Load(lanes));
  const kinds = Object.values(turns);
  const takeTurn = (i: number, turnMs: number) => (servers[i] as Served).takeTurn(loads[i] as Load, turnMs);
  for (const i of kinds.keys()) await takeTurn(i, effort.warmUpMs);
  for (let round = 0; round < effort.rounds; round++) {
    for (const i of shuffled([...kinds.keys()])) kinds[i]?.push(await takeTurn(i, effort.turnMs));
  }
  for (const { close } of opened) close();
}
