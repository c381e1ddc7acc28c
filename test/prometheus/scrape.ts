// Scrapes a register of prom-client, and reads the text as Prometheus would.
import type { Server } from "node:net";
import * as client from "prom-client";
import { type ConnectionTracker, getTracker, trackConnections } from "sockinfo/connections";
import { registerMetrics, type RegisterMetricsOptions } from "sockinfo/prometheus";
import { onTestFinished } from "vitest";

/** By `name{label="value"}`, as in the text. */
export type Series = Map<string, number>;

export async function scrape(register: { metrics(): Promise<string> }): Promise<Series> {
  return parse(await register.metrics());
}

/** Throws if a line is not in the text format, or if a series occurs twice. */
export function parse(text: string): Series {
  const series: Series = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", value = ""] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name === "" || series.has(name) || Number.isNaN(Number(value))) throw new Error(`not a series: ${line}`);
    series.set(name, Number(value));
  }
  return series;
}

/** The sum of the series of a metric. */
export function sum(series: Series, name: string): number {
  const ofMetric = [...series].filter(([each]) => each === name || each.startsWith(`${name}{`));
  if (ofMetric.length === 0) throw new Error(`there is no ${name}`);
  return ofMetric.reduce((total, [, value]) => total + value, 0);
}

/** Tracks the server and registers the metrics in a register of their own, until the end of the test. */
export function observe(
  server: Server,
  options: Omit<RegisterMetricsOptions, "client"> = {},
): { tracker: ConnectionTracker<unknown>; register: client.Registry; close: () => void } {
  const tracker = getTracker(server) ?? trackConnections(server);
  const register = new client.Registry();
  const registration = registerMetrics(tracker, { client, register, ...options });
  onTestFinished(() => {
    registration.close();
    tracker.close();
  });
  return { tracker, register, close: () => registration.close() };
}

/** Waits for a scrape that shows what the test waits for. Fails after thirty seconds. */
export async function scrapeUntil(
  register: { metrics(): Promise<string> },
  condition: (series: Series) => boolean,
): Promise<Series> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const series = await scrape(register);
    if (condition(series)) return series;
    if (Date.now() > deadline) throw new Error(`not true within thirty seconds: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
