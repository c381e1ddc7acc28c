// Soaks tracked connections, which end in all the ways of endings.mts. Nothing of them may be left.
import { hasSubscribers } from "node:diagnostics_channel";
import { once } from "node:events";
import { runInBatches, startServers, sum } from "./batches.mts";
import { ENDINGS, type Ending } from "./endings.mts";
import { LiveObjects } from "./live-objects.mts";
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";
import { TrackedServer } from "./tracked-server.mts";

export const TRACKED = "tracked connections";

const CHANNELS = ["http.server.request.start", "http.server.response.finish"];

/** The connections that ended in one way. */
interface Tally {
  readonly ending: Ending;
  closed: number;
  /** The reasons that were reported instead of the expected one. */
  readonly wrongReasons: Set<string | undefined>;
}

export async function soakTracked(connections: number): Promise<void> {
  const start = performance.now();
  const descriptors = countDescriptors();
  const servers = await startServers(
    ENDINGS.map(({ kind }) => kind),
    (kind) => new TrackedServer(kind),
  );
  const objects = new LiveObjects();
  for (const { tracker } of servers.values()) tracker.on("new", (connection) => objects.add(connection));
  const tallies = ENDINGS.map((ending): Tally => ({ ending, closed: 0, wrongReasons: new Set() }));
  const memory = new MemorySamples();
  const each = Math.ceil(connections / ENDINGS.length / SAMPLES);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const tally of tallies) await endConnections(tally, servers.get(tally.ending.kind) as TrackedServer, each);
    await memory.take();
  }
  const entries = sum(servers.values(), ({ tracker }) => tracker.size);
  const listeners = sum(servers.values(), (server) => server.stop());
  const channels = CHANNELS.filter((name) => hasSubscribers(name)).length;
  const live = await objects.count();
  const moreDescriptors = countDescriptors() - descriptors;

  for (const { ending, closed, wrongReasons } of tallies) {
    const passed = closed === each * SAMPLES && wrongReasons.size === 0;
    const reasons = [ending.reason, ...wrongReasons].join(", ");
    report(passed, `${ending.kind}, ${ending.name}`, `${closed} of ${each * SAMPLES} closed: ${reasons}`);
  }
  // Only the JavaScript heap is checked. TLS has memory outside of it, which grows and shrinks on its own; a tracker
  // has none.
  report(
    memory.isHeapFlat && entries + listeners + channels + live + moreDescriptors === 0,
    TRACKED,
    `${memory.describe()}, ${moreDescriptors} descriptors more, left: ${entries} entries, ${live} objects, ` +
      `${listeners} listeners, ${channels} channels`,
    start,
  );
}

/** Resolves when all of these connections have closed on both sides. */
async function endConnections(tally: Tally, server: TrackedServer, count: number): Promise<void> {
  const { tracker } = server;
  const onClosed = ({ closeReason }: { closeReason: string | undefined }): void => {
    tally.closed++;
    if (closeReason !== tally.ending.reason) tally.wrongReasons.add(closeReason);
  };
  tracker.on("closed", onClosed);
  const target = tally.closed + count;
  await runInBatches(count, () => tally.ending.run(server));
  while (tally.closed < target) await once(tracker, "closed");
  tracker.off("closed", onClosed);
}
