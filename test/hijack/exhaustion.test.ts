// A client that leaves or stalls holds no more of a server with hijacking, and no longer, than of a plain one.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { AT_ONCE, ENDLESS, LATER, pour } from "./helpers/departures";
import { type Departure, type Kind, LIMIT, type Outcome, Scene, type Treatment } from "./helpers/exhaustion";
import { type Pair, TREATMENTS } from "./helpers/treatments";

const KINDS: readonly Kind[] = ["http", "https"];
const CLIENTS = 3;
/** Less than every limit, so that a connection which only a limit ends is noticed. */
const MORE_MS = LIMIT / 2;
/** Node reads pieces of 64 KiB. */
const MORE_BYTES = CLIENTS * 128 * 1024;
/** A sixth of what the clients send. */
const MORE_MEMORY = (CLIENTS * ENDLESS) / 6;

test.each(Object.entries(TREATMENTS))("%s", async (_, pair) => {
  const descriptors = countDescriptors();
  const rows: Promise<string[]>[] = [];
  for (const kind of KINDS) {
    for (const [name, depart] of Object.entries(LATER)) rows.push(compare(`${kind}, ${name}`, kind, pair, depart));
    for (const [name, depart] of Object.entries(AT_ONCE)) {
      rows.push(compare(`${kind}, ${name}`, kind, pair, depart, true));
    }
  }
  expect((await Promise.all(rows)).flat()).toEqual([]);
  await until(() => countDescriptors() <= descriptors);
});

// In the other treatments Node answers 400 or the owner reads, so there is nothing to buffer.
test.each(["Upgrade without listener", "body that is not read", "hijacked, and not read"])(
  "endless bytes are not kept: %s",
  async (name) => {
    const { plain, enabled } = TREATMENTS[name] as Pair;
    const byNode = await mostMemory(plain, false);
    expect(await mostMemory(enabled, true)).toBeLessThan(byNode + MORE_MEMORY);
  },
);

/** The most memory in buffers while clients send as fast as they can. */
async function mostMemory(treatment: Treatment, isEnabled: boolean): Promise<number> {
  const scene = new Scene("http", treatment, { isEnabled });
  const before = bufferMemory();
  await scene.bring(CLIENTS);
  scene.beginLimits();
  scene.leave(pour);
  let most = 0;
  for (let sample = 0; sample < 4; sample++) {
    await sleep(LIMIT / 5);
    most = Math.max(most, bufferMemory() - before);
  }
  await scene.end();
  return most;
}

function bufferMemory(): number {
  (globalThis.gc as () => void)();
  return process.memoryUsage().arrayBuffers;
}

/** Describes in which respects the server with hijacking is worse. */
async function compare(row: string, kind: Kind, pair: Pair, depart: Departure, isAtOnce = false): Promise<string[]> {
  const scenes = [
    new Scene(kind, pair.plain, { isEnabled: false }),
    new Scene(kind, pair.enabled, { isEnabled: true }),
  ];
  if (isAtOnce) await Promise.all(scenes.map((scene) => scene.bringAndLeave(CLIENTS, depart)));
  else await Promise.all(scenes.map((scene) => scene.bring(CLIENTS)));
  for (const scene of scenes) scene.beginLimits();
  if (!isAtOnce) for (const scene of scenes) scene.leave(depart);
  const outcomes = await Promise.all(scenes.map((scene) => scene.watch()));
  await Promise.all(scenes.map((scene) => scene.end()));
  return differences(row, ...(outcomes as [Outcome, Outcome]));
}

function differences(row: string, plain: Outcome, enabled: Outcome): string[] {
  const worse: string[] = [];
  // If all is read, or dropped by Node, the speed of the machine decides how much that is, and how long it takes.
  const isReadToTheEnd = plain.bytesRead > ENDLESS / 2;
  if (isReadToTheEnd) return worse;
  if (enabled.goneAfterMs > plain.goneAfterMs + MORE_MS) worse.push("gone later");
  if (enabled.bytesRead > plain.bytesRead + MORE_BYTES) worse.push("more read");
  return worse.map((what) => `${row}: ${what}: ${JSON.stringify(enabled)}, Node alone: ${JSON.stringify(plain)}`);
}

function countDescriptors(): number {
  return lacks("linux") ? 0 : readdirSync("/proc/self/fd").length;
}
