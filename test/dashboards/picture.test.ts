// dashboards/grafana.svg is a picture of dashboards/grafana.json as it is now, with data in each panel.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawDashboard } from "./draw-panels.mts";
import { dashboard, PICTURE } from "./queries.mjs";
import { formatValue, ticksUpTo } from "./units.mts";

const picture = readFileSync(PICTURE, "utf8");
/** Frames and titles only. */
const layout = drawDashboard(dashboard, { range: { start: 0, end: 1, step: 1 }, answers: {} }).svg;

/** What a panel with data has. */
const DATA: Readonly<Record<string, RegExp>> = {
  stat: /class="v m"[^>]*>\d/,
  timeseries: /<path class="l"[^>]* d="M\d/,
  heatmap: /<path fill="[^>]* d="M\d/,
};

function groupsOf(svg: string): Map<string, string> {
  return new Map([...svg.matchAll(/^<g id="panel(\d+)">(.*)<\/g>$/gm)].map(([, id = "", group = ""]) => [id, group]));
}

describe("the picture of the dashboard", () => {
  test("has each row and panel with its title, where the dashboard has it", () => {
    const rows = (svg: string) => svg.split("\n").filter((line) => line.includes("▾"));
    expect(rows(picture)).toEqual(rows(layout));
    const drawn = groupsOf(picture);
    const expected = groupsOf(layout);
    expect([...drawn.keys()]).toEqual([...expected.keys()]);
    for (const [id, group] of expected) {
      const [frame = ""] = /^<rect[^>]*><text[^<]*<\/text>/.exec(group) ?? [];
      expect(drawn.get(id)?.startsWith(frame), `panel ${id}`).toBe(true);
    }
    for (const { type, title } of dashboard.panels) {
      expect(picture).toContain(type === "row" ? `▾ ${title}</text>` : `>${title}</text>`);
    }
  });

  test("has data in each panel", () => {
    const groups = groupsOf(picture);
    for (const { id, type } of dashboard.panels) {
      if (type !== "row") expect(groups.get(String(id)), `panel ${id}`).toMatch(DATA[type] as RegExp);
    }
    expect(picture).not.toContain("No data");
  });

  test("has a legend of each query, and no other", () => {
    const groups = groupsOf(picture);
    for (const { id, targets = [] } of dashboard.panels.filter(({ type }) => type === "timeseries")) {
      const texts = (groups.get(String(id)) ?? "").matchAll(/<text x="\d+" y="\d+">([^<]*)</g);
      const legends = [...texts].map(([, legend = ""]) => legend);
      const formats = targets.map(
        ({ legendFormat }) => new RegExp(`^${legendFormat.replaceAll(/\{\{\w+\}\}/g, ".+")}$`),
      );
      expect(legends.filter((legend) => !formats.some((format) => format.test(legend)))).toEqual([]);
      expect(formats.filter((format) => !legends.some((legend) => format.test(legend)))).toEqual([]);
    }
  });

  test("is small, and loads nothing", () => {
    expect(picture.length).toBeLessThan(60_000);
    expect(picture).not.toMatch(/href|url\(|<script|<image|@import/);
  });
});

describe("the drawing", () => {
  test.each([
    [0, "s", "0 s"],
    [0.00015, "s", "150 µs"],
    [0.108, "s", "108 ms"],
    [90, "s", "1.5 min"],
    [0.0525, "percentunit", "5.25%"],
    [4.128, "cps", "4.13 c/s"],
    [750_000, "Bps", "750 kB/s"],
    [1_572_864, "bytes", "1.5 MiB"],
    [1200, "short", "1.2 K"],
  ])("formats %d in the unit %s as %s", (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  test("has a few round numbers on its axes", () => {
    expect(ticksUpTo(37, "short", 4)).toEqual([0, 10, 20, 30, 40]);
    expect(ticksUpTo(1.2 * 1024 ** 2, "bytes", 4)).toEqual([0, 0.5, 1, 1.5].map((tick) => tick * 1024 ** 2));
    expect(ticksUpTo(1, "percentunit", 4)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  test("leaves gaps where there is no value, and draws a single value as a dot", () => {
    const panel = dashboard.panels.find(({ title }) => title === "Bytes");
    if (panel === undefined) throw new Error("there is no such panel");
    const values = [0, 1, 3, 5, 6].map((time): [number, number] => [time, time === 6 ? NaN : 100]);
    const answers = { "Bytes: retransmitted": [{ labels: {}, values }] };
    const { svg, series } = drawDashboard(dashboard, { range: { start: 0, end: 6, step: 1 }, answers });
    expect(series.get(panel.id)).toBe(1);
    const [, path] = /<path class="l"[^>]* d="([^"]*)"/.exec(svg) ?? [];
    expect(path).toMatch(/^M0 0h\d+M\d+ 0h0M\d+ 0h0$/);
  });
});
