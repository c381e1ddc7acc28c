// Soaks hijacked connections, and those that might have been, in all scenarios of hijackings.mts. Nothing of them may
// be left.
import { BATCH, runInBatches, startServers, sum } from "./batches.mts";
import { HijackServer } from "./hijack-server.mts";
import { HIJACKINGS } from "./hijackings.mts";
import { LiveObjects } from "./live-objects.mts";
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";

export const HIJACKED = "hijacked connections";

/** More than one batch, because some connections close while the next ones are opened. */
const MAX_PARSERS = 4 * BATCH;

export async function soakHijacked(connections: number): Promise<void> {
  const start = performance.now();
  const descriptors = countDescriptors();
  const objects = new LiveObjects();
  const servers = await startServers(
    HIJACKINGS.map(({ kind }) => kind),
    (kind) => new HijackServer(kind, objects),
  );
  const each = Math.ceil(connections / HIJACKINGS.length / SAMPLES);
  const passed = new Map(HIJACKINGS.map((hijacking) => [hijacking, 0]));
  const memory = new MemorySamples();
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const [hijacking, count] of passed) {
      const server = servers.get(hijacking.kind) as HijackServer;
      const results = await runInBatches(each, () => hijacking.run(server));
      passed.set(hijacking, count + results.filter(Boolean).length);
    }
    await memory.take();
  }
  const parsers = Math.max(...Array.from(servers.values(), (server) => server.parsers));
  const left = sum(servers.values(), (server) => server.stop());
  const live = await objects.count();
  const moreDescriptors = countDescriptors() - descriptors;

  for (const [{ kind, name }, count] of passed) {
    report(count === each * SAMPLES, `${kind}, ${name}`, `${count} of ${each * SAMPLES} received what was expected`);
  }
  // Only the JavaScript heap is checked. TLS has memory outside of it, which grows and shrinks on its own; hijacking
  // has none.
  report(
    memory.isHeapFlat && parsers <= MAX_PARSERS && left + live + moreDescriptors === 0,
    HIJACKED,
    `${memory.describe()}, ${moreDescriptors} descriptors more, ${parsers} parsers, left: ${live} objects, ` +
      `${left} listeners and properties`,
    start,
  );
}
