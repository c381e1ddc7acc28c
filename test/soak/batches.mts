// Starts the servers of a soak, and opens its connections in batches.
import type { ListeningServer } from "./listening-server.mts";

export const BATCH = 16;

export async function startServers<Kind, Server extends ListeningServer>(
  kinds: Iterable<Kind>,
  makeServer: (kind: Kind) => Server,
): Promise<ReadonlyMap<Kind, Server>> {
  const servers = new Map<Kind, Server>();
  for (const kind of new Set(kinds)) servers.set(kind, await makeServer(kind).start());
  return servers;
}

/** Calls `run` `count` times, and resolves with the results. */
export async function runInBatches<Result>(count: number, run: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < count) {
    const length = Math.min(BATCH, count - results.length);
    results.push(...(await Promise.all(Array.from({ length }, run))));
  }
  return results;
}

export function sum<Item>(items: Iterable<Item>, valueOf: (item: Item) => number): number {
  return Array.from(items, valueOf).reduce((total, value) => total + value, 0);
}
