// Debian's Prometheus as a process, and questions to it.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { dashboardQueries } from "./queries.mjs";

const ADDRESS = "127.0.0.1:9090";

/**
 * One series of an answer: its labels, and its values by time, in seconds.
 *
 * @typedef {{ labels: Record<string, string>, values: [time: number, value: number][] }} Series
 */

/**
 * Resolves to the process when it answers.
 *
 * @param {string} folder For its configuration and data.
 * @param {string} rules The path of a file.
 * @param {Record<string, number>} targets Ports by the name of the job.
 */
export async function startPrometheus(folder, rules, targets) {
  const config = {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms", evaluation_interval: "1s" },
    rule_files: [rules],
    scrape_configs: Object.entries(targets).map(([name, port]) => ({
      job_name: name,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
  };
  const file = join(folder, "prometheus.yml");
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify(config));
  const options = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, "data")}`, "--log.level=error"];
  const child = spawn("prometheus", [...options, `--web.listen-address=${ADDRESS}`], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const isReady = () =>
    fetch(`http://${ADDRESS}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await wait(100);
  return child;
}

/**
 * The answer at `time`, or now.
 *
 * @param {string} query
 * @param {number} [time] In seconds.
 * @returns {Promise<Series[]>}
 */
export async function ask(query, time) {
  const parameters = new URLSearchParams({ query, ...(time !== undefined && { time: String(time) }) });
  return seriesOf(await askApi(`query?${parameters}`));
}

/**
 * The answers at each `step` from `start` to `end`, as a panel of Grafana gets them. In seconds.
 *
 * @param {string} query
 * @param {Range} range
 * @returns {Promise<Series[]>}
 */
export async function askRange(query, { start, end, step }) {
  const parameters = new URLSearchParams({ query, start: String(start), end: String(end), step: String(step) });
  return seriesOf(await askApi(`query_range?${parameters}`));
}

/**
 * @typedef {{ metric: Record<string, string>, value?: [number, string], values?: [number, string][] }} RawSeries
 *
 * @param {{ result: RawSeries[] }} answer
 * @returns {Series[]}
 */
function seriesOf({ result }) {
  return result.map((series) => ({
    labels: series.metric,
    values: (series.values ?? [series.value ?? [NaN, ""]]).map(([at, text]) => [
      at,
      Number(text.replace("Inf", "Infinity")),
    ]),
  }));
}

/**
 * What a dashboard of this range would show.
 *
 * @typedef {{ start: number, end: number, step: number }} Range
 * @typedef {{ range: Range, answers: Record<string, Series[]> }} Shown
 *
 * @param {Range} range
 * @param {string} window For rates.
 * @returns {Promise<Shown>}
 */
export async function askRanges(range, window) {
  /** @type {Record<string, Series[]>} */
  const answers = {};
  const queries = dashboardQueries(".*", window, `${range.end - range.start}s`);
  for (const [name, query] of Object.entries(queries)) answers[name] = await askRange(query, range);
  return { range, answers };
}

/**
 * The value of the only series of an answer, or `NaN` if there is none.
 *
 * @param {string} query
 * @param {number} [time]
 */
export async function askValue(query, time) {
  const [series] = await ask(query, time);
  return series?.values[0]?.[1] ?? NaN;
}

/** Waits until there is an answer. @param {string} query */
export async function waitFor(query) {
  for (let left = 600; left > 0; left--) {
    if ((await ask(query)).length > 0) return;
    await wait(100);
  }
  throw new Error(`Prometheus has no answer to ${query}`);
}

/** The recording rules, each without the names of others. @returns {Promise<Record<string, string>>} */
export async function askRecordings() {
  /** @type {{ groups: { rules: { type: string, name: string, query: string }[] }[] }} */
  const { groups } = await askApi("rules");
  /** @type {Record<string, string>} */
  const queries = {};
  for (const { type, name, query } of groups.flatMap(({ rules }) => rules)) {
    if (type !== "recording") continue;
    queries[name] = Object.entries(queries).reduce((text, [other, its]) => text.replaceAll(other, `(${its})`), query);
  }
  return queries;
}

/** The alerts that fire or may fire soon. @returns {Promise<{ state: string, labels: Record<string, string> }[]>} */
export async function askAlerts() {
  const { alerts } = await askApi("alerts");
  return alerts.map((/** @type {{ state: string, labels: object }} */ { state, labels }) => ({ state, labels }));
}

/** @param {string} path */
async function askApi(path) {
  const response = await fetch(`http://${ADDRESS}/api/v1/${path}`);
  const { status, error, data } = await response.json();
  if (status !== "success") throw new Error(`${path}: ${error}`);
  return data;
}
