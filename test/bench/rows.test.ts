import { describe, expect, it } from "vitest";
import type { Slice } from "../../bench/connections/server-process.mts";
import { toMarkdown } from "../../bench/report/markdown.mts";
import { atMost, differenceRow, ratioRow, valueRow } from "../../bench/report/section.mts";
import { sliceRows } from "../../bench/report/slice-rows.mts";

/** A quiet time in a tenth of the rounds, and a noisy one in the others. */
const rounds = (quiet: number, noisy: number): number[] =>
  Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? quiet : noisy));

const base = { name: "base", samples: rounds(100, 200) };

describe("rows of the bench's report", () => {
  it("the quietest time decides, not the median", () => {
    expect(valueRow("time", rounds(10, 30), "ns", atMost(20))).toEqual({
      what: "time",
      value: "30.0 ns (28.0–30.0)",
      quietest: "10.0 ns",
      limit: "≤ 20 ns",
      isReached: true,
    });
    expect(valueRow("time", rounds(21, 22), "ms", atMost(20))).toMatchObject({ limit: "≤ 20 ms", isReached: false });
  });

  it("the median decides where noise has no direction", () => {
    const row = valueRow("heap", rounds(10, 30), "bytes", atMost(20));
    expect(row).toEqual({ what: "heap", value: "30 bytes (28–30)", limit: "≤ 20 bytes", isReached: false });
  });

  it("a ratio has both: the median of the rounds, and the quietest divided by the quietest, which decides", () => {
    const row = ratioRow("ours", rounds(150, 500), base, { limit: atMost(1.5) });
    expect(row).toMatchObject({ ratio: "2.50 (2.40–2.50)", quietest: "1.50", limit: "≤ 1.5", isReached: true });
    expect(ratioRow("ours", rounds(151, 200), base, { limit: atMost(1.5) }).isReached).toBe(false);
  });

  it("the quietest rounds need not be the same ones", () => {
    const shifted = rounds(150, 300).map((_, i, all) => all[(i + 5) % 100] as number);
    expect(ratioRow("ours", shifted, base)).toMatchObject({ quietest: "1.50" });
  });

  it("a difference is that of the quietest, not the quietest of the differences", () => {
    const alternate = (even: number, odd: number) => Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? even : odd));
    const noisyInTurns = { name: "base", samples: alternate(200, 100) };
    const row = differenceRow("added", alternate(50, 300), noisyInTurns, { limit: atMost(-51) });
    expect(row).toEqual({
      what: "added",
      value: "25.0 ns (-150–200)",
      quietest: "-50.0 ns",
      comparedWith: "base",
      limit: "≤ -51 ns",
      isReached: false,
    });
  });
});

describe("rows of compared servers", () => {
  const slices = (cpuNs: number): Slice[] =>
    rounds(cpuNs, 3 * cpuNs).map((cpuNsPerAnswer) => ({ cpuNsPerAnswer, answersPerSecond: 1000 }));
  const scenario = {
    name: "load",
    counted: "request",
    openClients: () => Promise.reject(new Error("not called")),
  } as const;

  it("the limit is one of the CPU time, and rates have none", () => {
    const rows = sliceRows(
      scenario,
      { without: slices(1000), "without, again": slices(1000), with: slices(1100) },
      { with: { cpuTime: atMost(1.05) } },
    );
    expect(rows.filter((row) => row.limit !== undefined)).toEqual([
      expect.objectContaining({
        what: "load: server's CPU time per request with",
        quietest: "1.10",
        limit: "≤ 1.05",
        isReached: false,
      }),
    ]);
    expect(rows.filter((row) => row.what.includes("per second") && row.quietest !== undefined)).toEqual([]);
  });
});

describe("the report", () => {
  it("has a column for the quietest, and names the limits that are missed", () => {
    const rows = [ratioRow("slow", rounds(300, 400), base, { limit: atMost(2) }), valueRow("alone", rounds(1, 2))];
    const report = toMarkdown([{ title: "Suite", about: "About.", rows }], "a run");
    const line = report.split("\n").find((each) => each.startsWith("| slow"));
    expect(line).toBe("| slow | 400 ns (390–400) | 2.00 (2.00–2.10) | 3.00 | base | ≤ 2 | **NO** |");
    expect(report).toContain("**1 of 1 limits missed:** slow.");
  });
});
