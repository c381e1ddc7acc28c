// watchHealth over loopback: clients that stop reading, and everything else that must not cause an event. The clients'
// own behaviour is the truth. over-path.test.ts has the paths that lose packets.
import { createServer } from "node:net";
import type { Connection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../../helpers/servers";
import { begin, EVERY_MS, isOf, type Scene } from "./watched";

const connectionOf = ({ tracker }: Scene, client: { localPort?: number | undefined }): Connection => {
  const found = [...tracker].find((connection) => isOf(connection, client as never));
  if (!found) throw new Error("no such connection");
  return found;
};

describe("a client that stops reading", () => {
  test("is a slow reader until it reads again, and is told once", async () => {
    const scene = await begin();
    const { watch } = scene;
    const client = await scene.ask("/flood");
    const { details, connection } = await watch.next(client, "began", "slow-reader");
    // The truth: 20 MB were written, and the client's program has read none of them.
    expect(client.bytesRead).toBeLessThan(100_000);
    expect(details?.diagnosis).toMatchObject({ verdict: "slow-reader", cause: "takes-nothing" });
    expect(details?.unsentBytes).toBeGreaterThan(10_000_000);
    expect(connection).toBe(connectionOf(scene, client));
    expect(watch.watcher.conditionsOf(connection)).toEqual(["slow-reader"]);

    client.resume();
    const ended = await watch.next(client, "ended", "slow-reader");
    expect(client.bytesRead).toBeGreaterThan(20_000_000);
    expect(ended.details?.unsentBytes).toBe(0);
    expect(watch.watcher.conditionsOf(connection)).toEqual([]);
    expect(watch.about(client)).toEqual(["began slow-reader", "ended slow-reader"]);
  });

  test("is never stalled, because its kernel answers the probes", async () => {
    const scene = await begin();
    const client = await scene.ask("/flood");
    await scene.watch.next(client, "began", "slow-reader");
    // Until some probes were sent and answered.
    await until(() => (connectionOf(scene, client).getTcpInfo() as { timerBackoffs?: number }).timerBackoffs! >= 4);
    expect(scene.watch.about(client)).toEqual(["began slow-reader"]);
  });

  test("holds unsent bytes above the limit until half of the limit is left", async () => {
    const limit = 8_000_000;
    const { watch, ask } = await begin({ unsentLimitBytes: limit });
    const [client, other] = [await ask("/flood"), await ask("/bulk")];
    const began = await watch.next(client, "began", "unsent");
    expect(began.details?.unsentBytes).toBeGreaterThan(limit);
    client.resume();
    const ended = await watch.next(client, "ended", "unsent");
    expect(ended.details?.unsentBytes).toBeLessThanOrEqual(limit / 2);
    // The other one waits for 'drain', so it holds only what the kernel takes. Neither counts without a limit.
    expect(watch.about(other).filter((told) => told.endsWith("unsent"))).toEqual([]);
  });

  test("holds unsent bytes also after the server has ended the connection", async () => {
    const server = createServer((socket) => void socket.end(Buffer.alloc(20_000_000)));
    const { watch, tracker, ask } = await begin({ unsentLimitBytes: 1_000_000 }, server);
    const client = await ask("/");
    const { details } = await watch.next(client, "began", "unsent");
    const [connection] = [...tracker];
    expect(connection?.socket.writableEnded).toBe(true);
    expect(details?.unsentBytes).toBeGreaterThan(1_000_000);
    client.resume();
    await watch.next(client, "ended", "unsent");
  });

  test("the end is told after the tracker's, if the connection closes", async () => {
    const scene = await begin();
    const { tracker, watch } = scene;
    const client = await scene.ask("/flood");
    const { connection } = await watch.next(client, "began", "slow-reader");
    const atClosed: unknown[] = [];
    tracker.on("closed", () => atClosed.push(...watch.about(client), connection.closeReason));
    connection.socket.destroy();
    const ended = await watch.next(client, "ended", "slow-reader");
    expect(ended.details).toBeUndefined();
    expect(atClosed).toEqual(["began slow-reader", "server-destroy"]);
    expect(watch.watcher.conditionsOf(connection)).toEqual([]);
  });
});

test("nothing is told about clients that are well", async () => {
  const scene = await begin({ unsentLimitBytes: 100_000_000 });
  const { watch } = scene;
  const stopped = await scene.ask("/flood");
  const idle = (await scene.ask("/")).resume();
  const fast = (await scene.ask("/stream")).resume();
  const events = (await scene.ask("/events")).resume();
  const longPoll = (await scene.ask("/hang")).resume();
  // Each pause is shorter than the time between two looks, and they are seldom enough to be seen once.
  const pausing = (await scene.ask("/stream")).resume();
  const pauses = setInterval(() => {
    pausing.pause();
    setTimeout(() => pausing.resume(), 0.4 * EVERY_MS);
  }, 4 * EVERY_MS);
  onTestFinished(() => clearInterval(pauses));
  // Three looks until this event, and three until the next one.
  await watch.next(stopped, "began", "slow-reader");
  stopped.resume();
  await watch.next(stopped, "ended", "slow-reader");
  const told = { idle, fast, events, longPoll, pausing };
  const none = Object.fromEntries(Object.keys(told).map((name) => [name, []]));
  expect(Object.fromEntries(Object.entries(told).map(([name, client]) => [name, watch.about(client)]))).toEqual(none);
  // They were really under way.
  expect(fast.bytesRead).toBeGreaterThan(1_000_000);
  expect(events.bytesRead).toBeGreaterThan(100);
  expect(scene.tracker.size).toBe(6);
});

test("of clients that have ended their half, only the one that does not read is found", async () => {
  const scene = await begin(
    undefined,
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {}).resume();
      const timer = setInterval(() => socket.write(Buffer.alloc(100_000)), 20);
      socket.once("close", () => clearInterval(timer));
    }),
  );
  const [reading, stopped] = [(await scene.ask("/")).resume(), await scene.ask("/")];
  for (const client of [reading, stopped]) client.end();
  await scene.watch.next(stopped, "began", "slow-reader");
  const states = [reading, stopped].map((client) => connectionOf(scene, client).getTcpInfo().state);
  expect(states).toEqual(["CLOSE_WAIT", "CLOSE_WAIT"]);
  expect(scene.watch.about(reading)).toEqual([]);
});
