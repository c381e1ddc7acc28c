// Connections to tracked servers, opened and closed in all the ways of endings.mts: of none may anything be left.
import { hasSubscribers } from "node:diagnostics_channel";
import { once } from "node:events";
import { ENDINGS, type Ending } from "./endings.mts";
import { LiveObjects } from "./live-objects.mts";
import { countDescriptors, MemorySamples, report, SAMPLES } from "./memory.mts";
import { Served, type Kind } from "./servers.mts";

export const TRACKED = "tracked connections";

const AT_A_TIME = 16;
const CHANNELS = ["http.server.request.start", "http.server.response.finish"];

/** Of one way to end. */
interface Tally {
  readonly ending: Ending;
  closed: number;
  /** Where it was not the one that it must be. */
  readonly otherReasons: Set<string | undefined>;
}

export async function soakTracked(connections: number): Promise<void> {
  const start = performance.now();
  const descriptors = countDescriptors();
  const servers = await startAll();
  const objects = new LiveObjects();
  for (const { tracker } of servers.values()) tracker.on("new", (connection) => objects.add(connection));
  const tallies = ENDINGS.map((ending): Tally => ({ ending, closed: 0, otherReasons: new Set() }));
  const memory = new MemorySamples();
  const each = Math.ceil(connections / ENDINGS.length / SAMPLES);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const tally of tallies) await repeat(tally, servers.get(tally.ending.kind) as Served, each);
    await memory.take();
  }
  const entries = sum(servers, ({ tracker }) => tracker.size);
  const listeners = sum(servers, (served) => served.stop());
  const channels = CHANNELS.filter((name) => hasSubscribers(name)).length;
  const live = await objects.count();
  const moreDescriptors = countDescriptors() - descriptors;

  for (const { ending, closed, otherReasons } of tallies) {
    const isRight = closed === each * SAMPLES && otherReasons.size === 0;
    const reasons = [ending.reason, ...otherReasons].join(", ");
    report(isRight, `${ending.kind}, ${ending.name}`, `${closed} of ${each * SAMPLES} closed: ${reasons}`);
  }
  // Of memory outside of the heap a tracker has none; TLS does, and takes it from the system as it likes.
  report(
    memory.isHeapFlat && entries + listeners + channels + live + moreDescriptors === 0,
    TRACKED,
    `${memory.describe()}, ${moreDescriptors} descriptors more, left: ${entries} entries, ${live} objects, ` +
      `${listeners} listeners, ${channels} channels`,
    start,
  );
}

async function startAll(): Promise<ReadonlyMap<Kind, Served>> {
  const servers = new Map<Kind, Served>();
  for (const { kind } of ENDINGS) if (!servers.has(kind)) servers.set(kind, await new Served(kind).start());
  return servers;
}

function sum(servers: ReadonlyMap<Kind, Served>, count: (served: Served) => number): number {
  return [...servers.values()].reduce((total, served) => total + count(served), 0);
}

/** All have closed on both sides when it resolves. */
async function repeat(tally: Tally, served: Served, count: number): Promise<void> {
  const { tracker } = served;
  const onClosed = ({ closeReason }: { closeReason: string | undefined }): void => {
    tally.closed++;
    if (closeReason !== tally.ending.reason) tally.otherReasons.add(closeReason);
  };
  tracker.on("closed", onClosed);
  const target = tally.closed + count;
  for (let begun = 0; begun < count; begun += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, count - begun);
    await Promise.all(Array.from({ length }, () => tally.ending.run(served)));
  }
  while (tally.closed < target) await once(tracker, "closed");
  tracker.off("closed", onClosed);
}
