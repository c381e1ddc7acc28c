// `npm run draw:dashboard`: makes dashboards/grafana.svg again, with a real Prometheus. As root on Linux; takes three
// minutes. With the name of a file, it draws the answers in that file, or writes them there if it does not exist.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { drawDashboard } from "./draw-panels.mts";
import { runInNamespace } from "./namespace.mts";
import type { Shown } from "./prometheus.mjs";
import { dashboard, PICTURE } from "./queries.mjs";

const [, , file] = process.argv;
const isKept = file !== undefined && existsSync(file);
const shown = (isKept ? JSON.parse(readFileSync(file, "utf8")) : await runInNamespace("traffic.mjs")) as Shown;
if (file !== undefined && !isKept) writeFileSync(file, JSON.stringify(shown));
const { svg, series } = drawDashboard(dashboard, shown);
const empty = dashboard.panels.filter(({ id }) => series.get(id) === 0).map(({ title }) => title);
if (empty.length > 0) throw new Error(`these panels have no data: ${empty.join(", ")}`);
writeFileSync(PICTURE, svg);
console.log(`${relative(process.cwd(), PICTURE)}: ${(svg.length / 1000).toFixed(1)} kB`);
