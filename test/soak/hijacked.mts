// Connections that are hijacked, or might have been, in all the ways of hijackings.mts: of none may anything be left.
import { HijackServer, type Kind } from "./hijack-server.mts";
import { HIJACKINGS } from "./hijackings.mts";
import { LiveObjects } from "./live-objects.mts";
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";

export const HIJACKED = "hijacked connections";

const AT_A_TIME = 16;
/** Some connections close while the next ones are opened. */
const MAX_PARSERS = 4 * AT_A_TIME;

export async function soakHijacked(connections: number): Promise<void> {
  const start = performance.now();
  const descriptors = countDescriptors();
  const objects = new LiveObjects();
  const servers = new Map<Kind, HijackServer>();
  for (const kind of new Set(HIJACKINGS.map((hijacking) => hijacking.kind))) {
    servers.set(kind, await new HijackServer(kind, objects).start());
  }
  const each = Math.ceil(connections / HIJACKINGS.length / SAMPLES);
  const right = new Map(HIJACKINGS.map((hijacking) => [hijacking, 0]));
  const memory = new MemorySamples();
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const [hijacking, count] of right) {
      const server = servers.get(hijacking.kind) as HijackServer;
      right.set(hijacking, count + (await countRight(each, () => hijacking.run(server))));
    }
    await memory.take();
  }
  const parsers = Math.max(...Array.from(servers.values(), (server) => server.parsers));
  const left = [...servers.values()].reduce((sum, server) => sum + server.stop(), 0);
  const live = await objects.count();
  const moreDescriptors = countDescriptors() - descriptors;

  for (const [{ kind, name }, count] of right) {
    report(count === each * SAMPLES, `${kind}, ${name}`, `${count} of ${each * SAMPLES} as they must be`);
  }
  // Of memory outside of the heap nothing is ours; TLS has some, and takes it from the system as it likes.
  report(
    memory.isHeapFlat && parsers <= MAX_PARSERS && left + live + moreDescriptors === 0,
    HIJACKED,
    `${memory.describe()}, ${moreDescriptors} descriptors more, ${parsers} parsers, left: ${live} objects, ` +
      `${left} listeners and properties`,
    start,
  );
}

/** How many of so many gave true. */
async function countRight(count: number, run: () => Promise<boolean>): Promise<number> {
  let right = 0;
  for (let begun = 0; begun < count; begun += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, count - begun);
    const results = await Promise.all(Array.from({ length }, run));
    right += results.filter(Boolean).length;
  }
  return right;
}
