// Nothing can leave this machine: its route is gone, or its link as well. The kernel's count of packets without a route
// is the truth. Needs root, for a network namespace.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";

type Told = Readonly<Record<"events" | "idle" | "stopped", readonly string[]>>;

interface Report {
  readonly before: Told;
  readonly gone: Told;
  readonly back: Told;
  readonly verdicts: Readonly<Record<keyof Told, unknown>>;
  readonly packetsWithoutRoute: number;
}

async function run(outage: string): Promise<Report> {
  const script = join(import.meta.dirname, "link-down.mjs");
  const child = spawn("unshare", ["--net", process.execPath, script, outage], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const [report, ended] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(ended).toEqual([0, null]);
  return JSON.parse(report) as Report;
}

describe.skipIf(lacks("linux", "root", "unshare", "ip"))("nothing leaves this machine", () => {
  test.each(["route", "link"])("without its %s", { timeout: 120_000 }, async (outage) => {
    const { before, gone, back, verdicts, packetsWithoutRoute } = await run(outage);
    expect(packetsWithoutRoute).toBeGreaterThan(3);
    expect(before).toEqual({ events: [], idle: [], stopped: ["began slow-reader"] });
    expect(gone).toEqual({
      events: ["began stalled"],
      idle: [],
      stopped: ["began slow-reader", "began stalled"],
    });
    expect(verdicts).toEqual({
      // The window is open, but nothing is in flight.
      events: expect.objectContaining({
        verdict: "stalled",
        cause: "probes-unanswered",
        sentence: expect.stringMatching(/^Nothing leaves this server: \d+ tries failed, /) as string,
        unackedSegments: 0,
      }) as unknown,
      idle: expect.objectContaining({ verdict: "idle" }) as unknown,
      stopped: expect.objectContaining({ verdict: "stalled", cause: "probes-unanswered" }) as unknown,
    });
    expect(back).toEqual({
      events: ["began stalled", "ended stalled"],
      idle: [],
      stopped: ["began slow-reader", "began stalled", "ended stalled"],
    });
  });
});
