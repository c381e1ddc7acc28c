// getQueuedBytes against what a client in Python has read and written, and against ss. The client can also stop
// acknowledging, which no client can do in a *.live.test.ts.
import { setTimeout as sleep } from "node:timers/promises";
import { getQueuedBytes, getTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { filterOf, readSsQueues } from "../helpers/ss";
import { connectPeer, writeAll } from "./helpers/peer";

describe.skipIf(lacks("linux", "python", "ss"))("a client that stops acknowledging", () => {
  test.each(["127.0.0.1", "::1"])("over %s: what was sent, and what waits behind its window", async (host) => {
    const { accepted, tell } = await connectPeer(host);
    await tell("goDeaf");
    await writeAll(accepted, 3000);
    expect(getQueuedBytes(accepted)).toEqual({
      unreadBytes: 0,
      unackedBytes: 3000,
      notSentBytes: 0,
      sendQueueBytes: 3000,
    });
    expect(readSsQueues(filterOf(accepted))).toMatchObject({ recvQ: 0, sendQ: 3000 });

    // More than the congestion window of a new connection.
    await writeAll(accepted, 2_000_000);
    const { unackedBytes = NaN, notSentBytes = NaN, sendQueueBytes } = getQueuedBytes(accepted);
    expect(sendQueueBytes).toBe(2_003_000);
    expect(unackedBytes + notSentBytes).toBe(2_003_000);
    expect([unackedBytes > 3000, notSentBytes > 0]).toEqual([true, true]);
    expect(getTcpInfo(accepted)).toMatchObject({ notSentBytes });
    expect(readSsQueues(filterOf(accepted)).sendQ).toBe(2_003_000);

    await tell("hear");
    expect(await tell("read 2003000")).toBe("2003000");
    await until(() => getQueuedBytes(accepted).sendQueueBytes === 0);
    expect(getQueuedBytes(accepted)).toEqual({ unreadBytes: 0, unackedBytes: 0, notSentBytes: 0, sendQueueBytes: 0 });
  });

  const fin = { sent: 3000, waiting: 2_000_000 };

  test.each([
    ["FIN_WAIT_1", "sent", false],
    ["FIN_WAIT_1", "waiting", false],
    ["LAST_ACK", "sent", true],
    ["LAST_ACK", "waiting", true],
  ] as const)("in %s the FIN, %s, is not counted", async (state, which, isSecond) => {
    const { accepted, tell } = await connectPeer();
    if (isSecond) {
      await tell("shutdown");
      await until(() => getTcpInfo(accepted).state === "CLOSE_WAIT");
    }
    await tell("goDeaf");
    const count = fin[which];
    await writeAll(accepted, count);
    accepted.end();
    await until(() => getTcpInfo(accepted).state === state);
    const { unackedBytes = NaN, notSentBytes = NaN, sendQueueBytes } = getQueuedBytes(accepted);
    // The kernel counts it.
    expect(readSsQueues(filterOf(accepted)).sendQ).toBe(count + 1);
    expect(sendQueueBytes).toBe(count);
    expect(unackedBytes + notSentBytes).toBe(count);
    expect(notSentBytes > 0).toBe(which === "waiting");
    const info = getTcpInfo(accepted) as { notSentBytes?: number };
    expect(info.notSentBytes).toBe(which === "waiting" ? notSentBytes + 1 : 0);

    await tell("hear");
    expect(await tell("readToTheEnd")).toBe(String(count));
  });

  test("a FIN that is alone in the queue", async () => {
    const { accepted, tell } = await connectPeer();
    await tell("goDeaf");
    accepted.end();
    await until(() => getTcpInfo(accepted).state === "FIN_WAIT_1");
    expect(readSsQueues(filterOf(accepted)).sendQ).toBe(1);
    expect(getQueuedBytes(accepted)).toEqual({ unreadBytes: 0, unackedBytes: 0, notSentBytes: 0, sendQueueBytes: 0 });
  });

  test("after a reset: what the client never acknowledged, and what it had sent before", async () => {
    const { accepted, tell } = await connectPeer();
    await writeAll(accepted, 4000);
    expect(await tell("read 4000")).toBe("4000");
    await until(() => getQueuedBytes(accepted).sendQueueBytes === 0);
    await tell("send 77");
    await tell("goDeaf");
    await writeAll(accepted, 500);
    await tell("reset");
    await until(() => getTcpInfo(accepted).state === "CLOSED");
    expect(getQueuedBytes(accepted)).toEqual({
      unreadBytes: 77,
      unackedBytes: 500,
      notSentBytes: 0,
      sendQueueBytes: 500,
    });
  });
});

describe.skipIf(lacks("linux", "python", "ss"))("a client that stops reading", () => {
  test("has a full window, and the rest is not sent", async () => {
    const { accepted, tell } = await connectPeer();
    accepted.write(Buffer.alloc(8_000_000, "x"));
    // The window is closed, and all that was sent is acknowledged.
    await until(() => getQueuedBytes(accepted).unackedBytes === 0 && (getQueuedBytes(accepted).notSentBytes ?? 0) > 0);
    await sleep(50);
    const queued = getQueuedBytes(accepted);
    expect(readSsQueues(filterOf(accepted))).toMatchObject({ recvQ: 0, sendQ: queued.sendQueueBytes });
    const reading = tell("read 8000000");
    await until(() => accepted.writableLength === 0 && getQueuedBytes(accepted).sendQueueBytes === 0);
    expect(await reading).toBe("8000000");
  });

  test("a server that does not read has what the client wrote, without its FIN", async () => {
    const { accepted, tell } = await connectPeer();
    await tell("send 12345");
    await until(() => getQueuedBytes(accepted).unreadBytes === 12_345);
    expect(readSsQueues(filterOf(accepted)).recvQ).toBe(12_345);
    await tell("shutdown");
    await until(() => getTcpInfo(accepted).state === "CLOSE_WAIT");
    expect(getQueuedBytes(accepted)).toMatchObject({ unreadBytes: 12_345 });
  });
});

test.skipIf(lacks("linux", "python"))("no number is negative while the queue moves", async () => {
  const { accepted, tell } = await connectPeer();
  const reading = tell("read 30000000");
  accepted.write(Buffer.alloc(30_000_000, "x"));
  const wrong: unknown[] = [];
  await until(() => {
    for (let call = 0; call < 200; call++) {
      const queued = getQueuedBytes(accepted);
      const { unackedBytes = NaN, notSentBytes = NaN, sendQueueBytes = NaN } = queued;
      const isPossible = unackedBytes >= 0 && notSentBytes >= 0 && sendQueueBytes === unackedBytes + notSentBytes;
      if (!isPossible) wrong.push(queued);
    }
    return accepted.writableLength === 0;
  });
  expect(await reading).toBe("30000000");
  expect(wrong).toEqual([]);
});
