// The queries of dashboards/grafana.json.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "..", "..", "dashboards");

export const RULES = join(FOLDER, "prometheus-rules.yml");

/**
 * The parts of Grafana's format that are used here.
 *
 * @typedef {{ type: string, title: string, id: number, datasource?: object, targets?: Target[], fieldConfig?: object }} Panel
 * @typedef {{ refId: string, expr: string, legendFormat: string, datasource: object }} Target
 * @typedef {{ title: string, panels: Panel[], templating: { list: { name: string, definition?: string }[] } }} Dashboard
 */

/** @type {Dashboard} */
export const dashboard = JSON.parse(readFileSync(join(FOLDER, "grafana.json"), "utf8"));

/**
 * PromQL by the title of the panel and the legend, with values for Grafana's variables.
 *
 * @param {string} job
 * @param {string} window
 * @returns {Record<string, string>}
 */
export function dashboardQueries(job, window) {
  const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ legendFormat, expr }) => {
      const query = expr
        .replaceAll("$job", job)
        .replaceAll("$instance", ".*")
        .replaceAll(/\$__(rate_interval|range)/g, window);
      return [legendFormat === "" ? title : `${title}: ${legendFormat}`, query];
    }),
  );
  return Object.fromEntries(queries);
}
