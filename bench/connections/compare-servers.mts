// Compares servers that differ in one thing. Each is a process of its own, and they take turns under the same load.
import { shuffled } from "../measure/interleave.mts";
import type { ServerSampleSize } from "../measure/sample-size.mts";
import type { Address, ClientPool } from "./clients.mts";
import { Load } from "./load.mts";
import { ServerProcess, type Slice } from "./server-process.mts";

/** The load: what its clients do. */
export interface Scenario {
  readonly name: string;
  readonly counted: "request" | "connection";
  openClients(address: Address, count: number): Promise<ClientPool>;
}

/**
 * The arguments of each server's process, by the server's name in the report. The others are compared with the first.
 */
export type Servers = Readonly<Record<string, readonly string[]>>;

/** By the server's name, in the order of the rounds. */
export type Slices = Readonly<Record<string, readonly Slice[]>>;

/**
 * In turns, so that all servers have rested for as long before the first round. When they were warmed up one after the
 * other, for four seconds each, those that had rested longest took a third less time. V8 shrinks the heap of an idle
 * process, which is the likely reason.
 */
const WARM_UP_TURNS = 10;

/** Adds a second server like the first. It shows the noise: how much two equal servers differ. */
export async function compareServers(
  program: string,
  servers: Servers,
  { openClients }: Scenario,
  size: ServerSampleSize,
): Promise<Slices> {
  const [[first, firstArgs] = ["", []], ...others] = Object.entries(servers);
  const compared = [[first, firstArgs], [`${first}, again`, firstArgs], ...others] as const;
  const slices = Object.fromEntries(compared.map(([name]) => [name, [] as Slice[]]));
  for (let run = 0; run < size.runs; run++) {
    const processes = await Promise.all(compared.map(([, args]) => ServerProcess.start(program, args)));
    const pools = await Promise.all(processes.map(({ address }) => openClients(address, size.connections)));
    const measurements = compared.map(([name], i) => {
      const load = new Load(pools[i]?.clients ?? []);
      return { name, measure: (ms: number) => (processes[i] as ServerProcess).measureSlice(load, ms) };
    });
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      for (const { measure } of shuffled(measurements)) await measure(size.warmUpMs / WARM_UP_TURNS);
    }
    for (let round = 0; round < size.rounds; round++) {
      for (const { name, measure } of shuffled(measurements)) slices[name]?.push(await measure(size.sliceMs));
    }
    for (const { close } of pools) close();
    for (const server of processes) server.stop();
  }
  return slices;
}
