// droppedSyns of two servers in a network namespace of their own, against ss and against the namespace's counter, which
// mixes both servers.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { ListenerInfo } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";

interface Report {
  readonly infos: readonly ListenerInfo[];
  readonly byNumber: readonly ListenerInfo[];
  readonly ss: readonly number[];
  readonly namespace: number;
}

describe.skipIf(lacks("root", "unshare", "ss", "python"))("what a listener dropped", () => {
  test("is its own count, and the namespace's counter is the sum", () => {
    const script = join(import.meta.dirname, "dropped-syns.mjs");
    const output = execFileSync("unshare", ["--net", process.execPath, script], { encoding: "utf8", timeout: 25_000 });
    const reports = JSON.parse(output) as [Report, Report, Report, Report];
    for (const { infos, byNumber, ss } of reports) {
      expect(infos.map(({ droppedSyns }) => droppedSyns)).toEqual(ss);
      expect(byNumber).toEqual(infos);
    }
    const drops = reports.map(({ ss }) => ss as [number, number]);
    const [before, one, both, stray] = drops as [
      [number, number],
      [number, number],
      [number, number],
      [number, number],
    ];
    expect(before).toEqual([0, 0]);
    // Five SYNs, and at least one retry of each.
    expect(one[0]).toBeGreaterThanOrEqual(10);
    expect(one[1]).toBe(0);
    expect(reports[1].infos[0]).toMatchObject({ acceptQueueLength: 3, acceptQueueFullRatio: 1 });
    expect(both[1]).toBeGreaterThanOrEqual(4);
    for (const { ss, namespace } of reports.slice(0, 3)) expect((ss[0] ?? 0) + (ss[1] ?? 0)).toBe(namespace);
    // A segment of no connection counts at the listener, but not in the namespace.
    expect(stray).toEqual([both[0], both[1] + 1]);
    expect(reports[3].namespace).toBe(reports[2].namespace);
  });
});
