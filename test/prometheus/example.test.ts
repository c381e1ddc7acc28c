// examples/prometheus does what its README says: one command, and its connections are in the metrics.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { findFreePort } from "../helpers/servers";
import { scrapeUntil, sum } from "./scrape";

const folder = join(root, "examples/prometheus");

test("its connections are in the metrics, each in one of two classes", async () => {
  const env = { ...process.env, PORT: String(await findFreePort()), METRICS_PORT: "0" };
  const example = spawn(process.execPath, [join(folder, "server.mjs")], { env, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void example.kill("SIGKILL"));
  const [line] = (await once(createInterface(example.stderr), "line")) as [string];
  const [, url = ""] = /^curl (http:\S+\/metrics)$/.exec(line) ?? [];
  const series = await scrapeUntil(
    { metrics: async () => (await fetch(url)).text() },
    (each) => (each.get('sockinfo_connections_closed_total{class="local",reason="server-end"}') ?? 0) > 0,
  );
  expect(series.get('sockinfo_connections_opened_total{class="local"}')).toBe(
    sum(series, "sockinfo_connections") + sum(series, "sockinfo_connections_closed_total"),
  );
  expect((await fetch(new URL("/", url))).status).toBe(404);
  example.kill("SIGTERM");
  expect(await once(example, "exit")).toEqual([0, null]);
});

test("its Prometheus scrapes the port that the example has by default", () => {
  const [, port] = /METRICS_PORT \?\? (\d+)/.exec(readFileSync(join(folder, "server.mjs"), "utf8")) ?? [];
  expect(readFileSync(join(folder, "prometheus.yml"), "utf8")).toContain(`"127.0.0.1:${port}"`);
});
