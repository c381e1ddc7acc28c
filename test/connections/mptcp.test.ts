// MPTCP: TCP_INFO is that of one path, and the kernel resets it when the connection ends. The client's kernel says
// whether the connection is MPTCP, and the client counts the bytes that it received.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LinuxTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";

const TCP = 6;
const MPTCP = 262;

interface Report {
  readonly isMptcp: boolean;
  readonly received: number;
  readonly server: {
    readonly alive: LinuxTcpInfo;
    readonly again: LinuxTcpInfo;
    readonly byNumber: LinuxTcpInfo;
    readonly inBatch: LinuxTcpInfo;
    readonly inSnapshot: LinuxTcpInfo;
    readonly queue: unknown;
    readonly final: LinuxTcpInfo;
    readonly closeReason: string;
    readonly counters: Record<string, unknown>;
    readonly end: LinuxTcpInfo;
    /** `diffTcpInfo` of the living connection and of the end, in both orders. A code where it throws. */
    readonly orders: readonly unknown[];
  };
}

function run(listening: number, connecting: number, ending: "close" | "reset" | "stay"): Report {
  const here = (name: string) => join(import.meta.dirname, name);
  const program = [process.execPath, here("mptcp-server.mjs"), ending];
  const parameters = [here("mptcp.py"), String(listening), String(connecting), ending, ...program];
  const { stdout, stderr } = spawnSync("python3", parameters, { encoding: "utf8", timeout: 25_000 });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Report;
}

/** Whether a counter of 16, 32 or 64 bits has been decremented below 0. */
function isWrappedOrNegative(value: unknown): boolean {
  return typeof value === "number" && (value < 0 || value > 2 ** 31);
}

describe.skipIf(lacks("linux", "python", "mptcp"))("MPTCP", () => {
  const somaxconn = lacks("linux") ? 0 : Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  const emptyQueue = { acceptQueueLength: 0, acceptQueueLimit: Math.min(511, somaxconn), acceptQueueFullRatio: 0 };

  test.each(["close", "reset", "stay"] as const)("a connection that ends by %s", (ending) => {
    const { isMptcp, received, server } = run(MPTCP, MPTCP, ending);
    expect(server.queue).toEqual(emptyQueue);
    const { alive, again, byNumber, inBatch, inSnapshot, final, counters, end, orders } = server;
    expect(isMptcp).toBe(true);
    for (const info of [alive, again, byNumber, inBatch, inSnapshot])
      expect(info).toMatchObject({ isMptcp: true, state: "ESTABLISHED", bytesSent: received });

    // After the client's end the kernel may or may not have reset the path yet.
    const hasReset = final.bytesSent === undefined;
    if (hasReset) expect(final).toEqual({ platform: "linux", isMptcp: true, state: "CLOSED" });
    else expect(final).toMatchObject({ isMptcp: true, bytesSent: received, bytesReceived: 27 });
    if (ending === "stay") expect(hasReset).toBe(false);

    expect(counters).toMatchObject({ aborted: true });
    expect(counters["bytesSent"]).toBe(hasReset ? undefined : received);
    if (hasReset) expect(counters["acked"]).toBe(false);
    expect(end).toEqual(final);
    const numbers = [counters, ...orders].flatMap((counted) => Object.values(counted as object));
    expect(numbers.filter(isWrappedOrNegative)).toEqual([]);
    if (hasReset) expect(orders).toEqual([{}, {}]);
  });

  test.each([
    ["an MPTCP listener", MPTCP],
    ["a TCP listener", TCP],
  ])("a TCP client at %s", (_, listening) => {
    const { isMptcp, received, server } = run(listening, TCP, "close");
    expect(isMptcp).toBe(false);
    for (const info of [server.alive, server.byNumber, server.inBatch, server.final])
      expect(info).toMatchObject({ isMptcp: false, bytesSent: received });
    expect(server.final).toMatchObject({ state: "CLOSED" });
    expect(server.counters).toMatchObject({ bytesSent: received, acked: true });
    expect(server.orders[1]).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
  });

  test("an MPTCP client at a TCP listener falls back", () => {
    const { isMptcp, server } = run(TCP, MPTCP, "close");
    expect(isMptcp).toBe(false);
    expect(server.alive.isMptcp).toBe(false);
  });
});
