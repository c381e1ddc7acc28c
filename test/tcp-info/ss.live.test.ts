// getTcpInfo against `ss`, which asks the same kernel over netlink and has its own decoder.
import { setTimeout as sleep } from "node:timers/promises";
import { getTcpInfo } from "sockinfo";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, until } from "../helpers/servers";
import { readSs } from "../helpers/ss";

/** ss prints these with fewer digits than the kernel keeps. The numbers are the tolerance for its rounding. */
const ROUNDED: Record<string, number> = {
  busyTimeMs: 1,
  rwndLimitedTimeMs: 1,
  sndbufLimitedTimeMs: 1,
  rcvRttMs: 0.001,
  rttMs: 0.001,
  rttVarMs: 0.001,
  minRttMs: 0.001,
  rtoMs: 0.5,
  atoMs: 0.5,
};
const RATES = new Set(["deliveryRateBytesPerSecond", "pacingRateBytesPerSecond"]);
/** These grow with time. ss reads between our two readings, so its value lies between theirs. */
const CLOCKS = new Set([
  "sinceLastDataSentMs",
  "sinceLastDataReceivedMs",
  "sinceLastAckReceivedMs",
  "busyTimeMs",
  "rwndLimitedTimeMs",
]);

/** Compares every value that ss prints, and returns their names, because ss leaves out some values. */
async function compareWithSs(socket: Socket): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const before: Record<string, unknown> = { ...getTcpInfo(socket) };
    const truth = readSs(socket);
    const after: Record<string, unknown> = { ...getTcpInfo(socket) };
    const moved = Object.keys(before).some(
      (name) => !CLOCKS.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    if (moved && attempt < 20) {
      await sleep(20);
      continue;
    }
    for (const [name, value] of Object.entries(truth)) {
      if (CLOCKS.has(name)) {
        const slack = ROUNDED[name] ?? 0;
        expect([name, value, Number(before[name]) - slack <= Number(value)]).toEqual([name, value, true]);
        expect([name, value, Number(value) <= Number(after[name]) + slack]).toEqual([name, value, true]);
      } else if (RATES.has(name) || name in ROUNDED) {
        const tolerance = RATES.has(name) ? Number(value) * 1e-3 : (ROUNDED[name] ?? 0);
        expect([name, value, Math.abs(Number(before[name]) - Number(value)) <= tolerance]).toEqual([name, value, true]);
      } else {
        expect([name, before[name]]).toEqual([name, value]);
      }
    }
    return Object.keys(truth);
  }
}

const COMMON = [
  "state",
  "options",
  "sndWscale",
  "rcvWscale",
  "rttMs",
  "rttVarMs",
  "rtoMs",
  "sndMssBytes",
  "pmtuBytes",
  "rcvMssBytes",
  "advMssBytes",
  "sndCwndSegments",
  "segmentsReceived",
  "sinceLastDataSentMs",
  "sinceLastDataReceivedMs",
  "sinceLastAckReceivedMs",
  "rcvSpaceBytes",
  "rcvSsthreshBytes",
  "minRttMs",
  "sndWndBytes",
  "pacingRateBytesPerSecond",
];

describe.skipIf(lacks("linux", "ss"))("all values that ss prints", () => {
  test.each(["127.0.0.1", "::1"])("of a connection over %s that has done nothing yet", async (host) => {
    const { client, accepted } = await connectPair({ host, port: 0 });
    await sleep(20); // ss leaves out the times that are 0.
    expect(await compareWithSs(client)).toEqual(expect.arrayContaining(COMMON));
    await compareWithSs(accepted);
  });

  test.each(["127.0.0.1", "::1"])("of a connection over %s that has been busy, at both ends", async (host) => {
    const { client, accepted } = await connectPair({ host, port: 0 });
    let [sent, received] = [0, 0];
    accepted.on("data", (chunk: Buffer) => {
      received += chunk.length;
      accepted.write("ok");
    });
    client.resume();
    // The kernel counts busy time in jiffies, and ss leaves out a 0.
    const isCounted = (socket: Socket) => (getTcpInfo(socket) as { busyTimeMs?: number }).busyTimeMs !== 0;
    do {
      for (let round = 0; round < 20; round++, sent += 100_000) client.write(Buffer.alloc(100_000));
      await until(() => received === sent);
    } while (!isCounted(client) || !isCounted(accepted));
    await sleep(50);
    const names = [
      "bytesSent",
      "bytesAcked",
      "bytesReceived",
      "dataSegmentsSent",
      "dataSegmentsReceived",
      "deliveryRateBytesPerSecond",
      "deliveredSegments",
      "segmentsSent",
      "busyTimeMs",
    ];
    expect(await compareWithSs(client)).toEqual(expect.arrayContaining([...COMMON, ...names]));
    expect(await compareWithSs(accepted)).toEqual(expect.arrayContaining([...COMMON, ...names]));
  });

  test("of a connection that waits for the peer's window", async () => {
    const { client, accepted } = await connectPair();
    accepted.pause();
    client.write(Buffer.alloc(16 * 1024 * 1024));
    await until(() => (getTcpInfo(client) as { notSentBytes?: number }).notSentBytes !== 0);
    await sleep(100);
    expect(await compareWithSs(client)).toEqual(
      expect.arrayContaining(["notSentBytes", "rwndLimitedTimeMs", "busyTimeMs"]),
    );
  });

  test("of both ends of a connection that one end has closed", async () => {
    const { client, accepted } = await connectPair();
    accepted.resume();
    client.end("goodbye");
    await until(() => getTcpInfo(client).state === "FIN_WAIT_2");
    expect(readSs(client)).toMatchObject({ state: "FIN_WAIT_2" });
    await compareWithSs(client);
    expect(getTcpInfo(accepted).state).toBe("CLOSE_WAIT");
    await compareWithSs(accepted);
  });
});
