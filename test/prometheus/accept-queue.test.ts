// The accept queues of several servers, and the SYNs that they drop: against ss, and through a second listen().
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { getListenerInfo } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { connectUnaccepted } from "../connections/helpers/accept-queue";
import { lacks } from "../helpers/needs";
import { listen, portOf } from "../helpers/servers";
import { readSsListener } from "../helpers/ss";
import { observe, scrape } from "./scrape";

const small = { host: "127.0.0.1", port: 0, backlog: 2 };
const LENGTH = "sockinfo_accept_queue_length";
const LIMIT = "sockinfo_accept_queue_limit";
const DROPPED = "sockinfo_accept_dropped_syns_total";

/** Eight clients, of whom three fit. Their SYNs are sent, and dropped, within connect(). */
const CLIENTS = `
  for (let client = 0; client < 8; client++) {
    require("node:net").connect(process.argv[1], "127.0.0.1").on("error", () => {});
  }
  setTimeout(() => process.exit(), 100);`;

/** Overflows the queue while this thread does not accept, and returns how many SYNs that has cost. */
function overflow(server: Server): number {
  const before = getListenerInfo(server).droppedSyns ?? NaN;
  execFileSync(process.execPath, ["-e", CLIENTS, String(portOf(server))]);
  return (getListenerInfo(server).droppedSyns ?? NaN) - before;
}

describe.skipIf(lacks("linux", "ss"))("accept queues", () => {
  test("are summed over the servers that listen, and each listening socket counts once", async () => {
    const [one, two] = [await listen(createServer(), small), await listen(createServer(), small)];
    const [sharing, idle] = [createServer(), createServer()];
    sharing.listen(one);
    await once(sharing, "listening");
    const { register, tracker } = observe(one);
    for (const server of [two, sharing, idle]) tracker.attach(server);
    connectUnaccepted(2, one, two);
    const [first, second] = [readSsListener(portOf(one)), readSsListener(portOf(two))];
    // The scrape reads the queues before Node accepts from them.
    const series = await scrape(register);
    expect(series.get(LENGTH)).toBe(first.recvQ + second.recvQ);
    expect(series.get(LENGTH)).toBe(4);
    expect(series.get(LIMIT)).toBe(first.sendQ + second.sendQ);
    expect(series.get(DROPPED)).toBe(0);
  });

  test("a server that does not listen has none, and not one of 0", async () => {
    const { register } = observe(createServer());
    const series = await scrape(register);
    expect([LENGTH, LIMIT, DROPPED].filter((name) => series.has(name))).toEqual([]);
  });

  test("dropped SYNs are counted once, and those of a second listen() are added", async () => {
    const server = await listen(createServer(), small);
    const { register, tracker } = observe(server);
    const dropped = async () => (await scrape(register)).get(DROPPED);
    expect(await dropped()).toBe(0);
    const first = overflow(server);
    expect(first).toBeGreaterThan(0);
    expect(await dropped()).toBe(first);
    expect(await dropped()).toBe(first);
    tracker.detach(server);
    expect(await dropped()).toBe(first);
    tracker.attach(server);
    expect(await dropped()).toBe(first);

    server.close();
    server.listen(small);
    await once(server, "listening");
    expect(await dropped()).toBe(first);
    const second = overflow(server);
    expect(second).toBeGreaterThan(0);
    expect(await dropped()).toBe(first + second);
  });

  test("what was dropped between the last scrape and the end of the server is counted within a second", async () => {
    const server = await listen(createServer(), small);
    const { register } = observe(server);
    const first = overflow(server);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    server.close();
    expect((await scrape(register)).get(DROPPED)).toBe(first);
  });
});
