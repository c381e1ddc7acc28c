// The queries of dashboards/grafana.json.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "..", "..", "dashboards");

export const RULES = join(FOLDER, "prometheus-rules.yml");
export const PICTURE = join(FOLDER, "grafana.svg");

/**
 * The parts of Grafana's format that are used here.
 *
 * @typedef {object} Dashboard
 * @property {string} title
 * @property {Panel[]} panels
 * @property {{ list: { name: string, definition?: string }[] }} templating
 *
 * @typedef {object} Panel
 * @property {string} type
 * @property {string} title
 * @property {number} id
 * @property {{ x: number, y: number, w: number, h: number }} gridPos In columns, of which there are 24, and rows.
 * @property {object} [datasource]
 * @property {Target[]} [targets]
 * @property {FieldConfig} [fieldConfig]
 * @property {{ yAxis?: { unit: string } }} [options]
 *
 * @typedef {{ refId: string, expr: string, legendFormat: string, datasource: object }} Target
 *
 * @typedef {{ defaults: Defaults, overrides: Override[] }} FieldConfig
 * @typedef {{ matcher: { id: string, options: string }, properties: { id: string, value: unknown }[] }} Override
 *
 * @typedef {object} Defaults
 * @property {string} unit
 * @property {number} [decimals]
 * @property {number} [max]
 * @property {{ steps: { color: string, value: number | null }[] }} [thresholds]
 * @property {Custom} [custom]
 *
 * @typedef {object} Custom
 * @property {number} fillOpacity In percent.
 * @property {number} lineWidth
 * @property {{ fill: string }} [lineStyle]
 * @property {string} showPoints
 * @property {{ mode: string }} stacking
 */

/** @type {Dashboard} */
export const dashboard = JSON.parse(readFileSync(join(FOLDER, "grafana.json"), "utf8"));

/**
 * PromQL by the name of the query, with values for Grafana's variables.
 *
 * @param {string} job
 * @param {string} window For rates.
 * @param {string} [range] The time that the whole dashboard shows.
 * @returns {Record<string, string>}
 */
export function dashboardQueries(job, window, range = window) {
  const queries = dashboard.panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => {
      const query = target.expr
        .replaceAll("$job", job)
        .replaceAll("$instance", ".*")
        .replaceAll("$__rate_interval", window)
        .replaceAll("$__range", range);
      return [queryName(panel, target), query];
    }),
  );
  return Object.fromEntries(queries);
}

/**
 * The title of the panel, and the legend if there is one.
 *
 * @param {Panel} panel
 * @param {Target} target
 */
export function queryName({ title }, { legendFormat }) {
  return legendFormat === "" ? title : `${title}: ${legendFormat}`;
}
