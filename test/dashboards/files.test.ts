// The dashboard and the rules as files: the tools of Prometheus accept them, Grafana needs nothing else for them, and
// they use only metrics that exist.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import client from "prom-client";
import { createServer } from "node:http";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/prometheus";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { dashboard, dashboardQueries, RULES } from "./queries.mjs";

/** The panels of Grafana itself. */
const PANELS = ["heatmap", "row", "stat", "timeseries"];
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const VARIABLES = ["datasource", "job", "instance", "__rate_interval", "__range"];

function promtool(...parameters: string[]): string {
  const { stdout, stderr } = spawnSync("promtool", parameters, { encoding: "utf8" });
  return stdout + stderr;
}

describe.skipIf(lacks("prometheus"))("the rules", () => {
  test("promtool accepts them", () => {
    expect(promtool("check", "rules", RULES)).toMatch(/SUCCESS: \d+ rules found/);
  });

  test("promtool's tests of them pass", () => {
    const output = promtool("test", "rules", join(import.meta.dirname, "prometheus-rules.promtool.yml"));
    expect(output).toContain("SUCCESS");
    expect(output).not.toContain("FAILED");
  });

  test("each alert has a test in which it fires", () => {
    const tests = readFileSync(join(import.meta.dirname, "prometheus-rules.promtool.yml"), "utf8");
    const alerts = [...readFileSync(RULES, "utf8").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts) expect(tests).toMatch(new RegExp(`alertname: ${alert}\\n +exp_alerts:`));
  });
});

test("the dashboard needs no plug-in, and works with every data source", () => {
  expect(dashboard.panels.length).toBeGreaterThan(0);
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { type, targets = [], datasource } of dashboard.panels) {
    expect(PANELS).toContain(type);
    if (type !== "row") expect(datasource).toEqual(DATASOURCE);
    for (const target of targets) expect(target.datasource).toEqual(DATASOURCE);
  }
});

test("the dashboard uses only its own variables and those of Grafana", () => {
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
  // `$__all` is the value of a variable.
  expect(VARIABLES).toEqual(expect.arrayContaining([...new Set(used)].filter((name) => name !== "__all")));
  const own = dashboard.templating.list.map(({ name }) => name);
  expect(own).toEqual(VARIABLES.filter((name) => !name.startsWith("__")));
});

test.skipIf(lacks("prometheus"))("Prometheus can parse each query", () => {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-queries-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "queries.yml");
  const rules = Object.values(dashboardQueries("job", "5m")).map((expr, index) => ({ record: `query${index}`, expr }));
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules }] }));
  expect(promtool("check", "rules", file)).toContain(`SUCCESS: ${rules.length} rules found`);
});

test("each metric that a query names exists, and each that exists is in a query", async () => {
  const register = new client.Registry();
  const tracker = trackConnections(createServer());
  registerMetrics(tracker, { client, register });
  const existing = (await register.getMetricsAsJSON()).map(({ name }) => name);
  tracker.close();
  const queries = Object.values(dashboardQueries("job", "5m")).join("\n");
  // Not the names of recording rules, which have a colon before them.
  const named = [...`${queries}\n${readFileSync(RULES, "utf8")}`.matchAll(/(?<![:\w])sockinfo_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ""),
  );
  expect([...new Set(named)].toSorted()).toEqual(existing.toSorted());
});
