// Draws the panels of a Grafana dashboard from the answers of Prometheus, as an SVG. It knows the options of Grafana's
// format that dashboards/grafana.json uses, and no others.
import type { Shown } from "./prometheus.mjs";
import { type Custom, type Dashboard, type FieldConfig, type Panel, queryName } from "./queries.mjs";
import { formatValue, ticksUpTo } from "./units.mts";

// Sizes in pixels.
const COLUMN = 40;
const ROW = 25;
const GAP = 8;
const HEADER = 34;
const LEGEND_LINE = 16;
/** The width of a character in a legend, in a wide font. */
const LEGEND_CHARACTER = 5.9;
const TITLE_CHARACTER = 6.4;

/** Coordinates of curves are whole numbers, with this many to a pixel. */
const PRECISION = 2;
/** A cell of a heatmap stands for this many steps of the range. */
const CELL_STEPS = 3;

const GREEN = "#73bf69";
const RED = "#f2495c";
const SERIES = [GREEN, "#fade2a", "#5794f2", "#ff9830", RED, "#b877d9", "#8ab8ff", "#96d98d", "#ffcb7d", "#e0b400"];
/** Of a heatmap, from few to many. */
const BLUES = ["#1d3a5f", "#27568c", "#3274b8", "#5a9be0", "#9cc6f5", "#dcecfb"];
const STYLE = [
  "text{font:11px Roboto,Helvetica,Arial,sans-serif;fill:#ccccdc}",
  ".b{font-size:16px}.t{font-size:12px;font-weight:500}.v{font-size:24px}.a{fill:#9a9aa8}",
  ".m{text-anchor:middle}.e{text-anchor:end}",
  ".p{fill:#181b1f;stroke:#2c2e35}.g{fill:none;stroke:#2c2e35}",
  ".l{fill:none;stroke-linejoin:round;stroke-linecap:round}",
].join("");

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Point = readonly [x: number, y: number];
/** The points of a curve by the step of the range, with gaps. */
type Line = readonly (Point | undefined)[];

/** One series: its values by the step of the range, with gaps. */
interface Curve {
  readonly name: string;
  readonly style: Partial<Custom>;
  readonly values: readonly (number | undefined)[];
}

/** A label of the vertical axis. 0 is the upper end, 1 the lower. */
type Tick = readonly [at: number, label: string];

export interface Picture {
  readonly svg: string;
  /** The number of series with values, by the id of the panel. */
  readonly series: ReadonlyMap<number, number>;
}

export function drawDashboard(dashboard: Dashboard, shown: Shown): Picture {
  const width = 24 * COLUMN + GAP;
  const height = HEADER + Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h)) * ROW + GAP;
  const series = new Map<number, number>();
  const panels = dashboard.panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const box = { x: GAP + x * COLUMN, y: HEADER + y * ROW, width: w * COLUMN - GAP, height: h * ROW - GAP };
    if (panel.type === "row") return text(box.x + 2, box.y + 19, `▾ ${panel.title}`, "t");
    const curves = curvesOf(panel, shown);
    series.set(panel.id, curves.length);
    return `<g id="panel${panel.id}">${drawFrame(panel, box)}${drawPanel(panel, box, curves, shown)}</g>`;
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"><style>${STYLE}</style>`,
    `<title>${escape(dashboard.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#111217"/>${text(GAP + 2, 24, dashboard.title, "b")}`,
    ...panels,
    "</svg>\n",
  ].join("\n");
  return { svg, series };
}

/** The series of a panel that have a value. */
function curvesOf(panel: Panel, { range, answers }: Shown): Curve[] {
  const count = Math.round((range.end - range.start) / range.step) + 1;
  const curves = (panel.targets ?? []).flatMap((target) =>
    (answers[queryName(panel, target)] ?? []).map((series): Curve => {
      const name = target.legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => series.labels[label] ?? "");
      const values = Array.from<number | undefined>({ length: count });
      for (const [time, value] of series.values) {
        if (Number.isFinite(value)) values[Math.round((time - range.start) / range.step)] = value;
      }
      return { name, values, style: styleOf(name, panel.fieldConfig) };
    }),
  );
  return curves.filter(({ values }) => values.some((value) => value !== undefined));
}

/** The defaults, and the overrides for this name. */
function styleOf(name: string, config: FieldConfig | undefined): Partial<Custom> {
  const matching = (config?.overrides ?? []).filter(({ matcher: { id, options } }) => {
    if (id === "byName") return options === name;
    if (id === "byRegexp") return new RegExp(options.slice(1, -1)).test(name);
    throw new Error(`unknown matcher: ${id}`);
  });
  const properties = matching.flatMap((override) => override.properties);
  const own = properties.map(({ id, value }) => [id.replace("custom.", ""), value]);
  return { ...config?.defaults.custom, ...Object.fromEntries(own) };
}

function drawFrame({ title }: Panel, { x, y, width, height }: Box): string {
  const room = width - 20;
  // In a wide font, the title would be longer than a small panel.
  const isLong = title.length * TITLE_CHARACTER > room;
  return (
    `<rect class="p" x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>` +
    text(x + 10, y + 19, title, "t", isLong ? ` textLength="${room}" lengthAdjust="spacingAndGlyphs"` : "")
  );
}

function drawPanel(panel: Panel, box: Box, curves: Curve[], shown: Shown): string {
  if (curves.length === 0) return text(box.x + box.width / 2, box.y + box.height / 2, "No data", "m");
  if (panel.type === "stat") return drawStat(panel, box, curves);
  if (panel.type === "heatmap") return drawHeatmap(panel, box, curves, shown);
  if (panel.type === "timeseries") return drawTimeSeries(panel, box, curves, shown);
  throw new Error(`unknown type of a panel: ${panel.type}`);
}

/** The last value, in the colour of its threshold. */
function drawStat({ fieldConfig }: Panel, box: Box, [curve]: Curve[]): string {
  const { unit = "short", decimals, thresholds } = fieldConfig?.defaults ?? {};
  const value = curve?.values.findLast((one) => one !== undefined) ?? 0;
  const color = thresholds?.steps.findLast((step) => value >= (step.value ?? -Infinity))?.color;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2 + 18];
  return text(x, y, formatValue(value, unit, decimals), "v m", color === "red" ? ` style="fill:${RED}"` : "");
}

function drawTimeSeries({ fieldConfig }: Panel, box: Box, curves: Curve[], shown: Shown): string {
  const { unit = "short", max } = fieldConfig?.defaults ?? {};
  const names = curves.map(({ name }) => name);
  const legend = drawLegend(names, box);
  const plot = plotOf(box, legend.height);
  const tops = stack(curves);
  const greatest = Math.max(...tops.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ticks = ticksUpTo(max ?? (greatest || 1), unit, 4);
  const limit = max ?? ticks.at(-1) ?? 1;
  const lines = tops.map(({ values }) =>
    values.map((value, step): Point | undefined =>
      value === undefined ? undefined : pointAt(plot, step / (values.length - 1), 1 - value / limit),
    ),
  );
  const drawn = tops.map((curve, index) => {
    const below = isStacked(curve)
      ? lines[tops.findLastIndex((one, place) => place < index && isStacked(one))]
      : undefined;
    return drawCurve(lines[index] ?? [], below, plot, curve.style, colorOf(index));
  });
  const labels = ticks.map((tick): Tick => [1 - tick / limit, formatValue(tick, unit)]);
  return drawGrid(plot, labels, shown) + drawAxes(plot, labels, shown) + inside(plot, drawn.join("")) + legend.svg;
}

function isStacked({ style }: Curve): boolean {
  return style.stacking?.mode === "normal";
}

/** Each stacked curve on those before it. */
function stack(curves: readonly Curve[]): Curve[] {
  const sums: number[] = [];
  const add = (value: number | undefined, step: number) =>
    value === undefined ? undefined : (sums[step] = (sums[step] ?? 0) + value);
  return curves.map((curve) => (isStacked(curve) ? { ...curve, values: curve.values.map(add) } : curve));
}

/** The line, and the area down to the line below or to the axis. */
function drawCurve(
  line: Line,
  below: Line | undefined,
  plot: Box,
  { fillOpacity = 0, lineWidth = 1, lineStyle, showPoints }: Partial<Custom>,
  color: string,
): string {
  const parts = partsOf(line);
  const floorOf = ([step, [x]]: Step): Point => below?.[step] ?? [x, plot.height * PRECISION];
  const areas = parts.map(
    (part) => `${pathOf([...part.map(([, point]) => point), ...part.toReversed().map(floorOf)])}z`,
  );
  const fill =
    fillOpacity === 0 ? "" : `<path fill="${color}" fill-opacity="${fillOpacity / 100}" d="${areas.join("")}"/>`;
  // A point between two gaps is no line. Grafana draws a dot there.
  const seen = parts.filter((part) => part.length > 1 || showPoints !== "never");
  const path = seen.map((part) => pathOf(part.map(([, point]) => point))).join("");
  const dash = lineStyle?.fill === "dash" ? ` stroke-dasharray="${8 * PRECISION}"` : "";
  const width = (lineWidth + 0.4) * PRECISION;
  return `${fill}<path class="l" stroke="${color}" stroke-width="${width}"${dash} d="${path}"/>`;
}

type Step = readonly [step: number, point: Point];

/** The parts of a line between its gaps. */
function partsOf(line: Line): Step[][] {
  const parts: Step[][] = [];
  for (const [step, point] of line.entries()) {
    if (point === undefined) continue;
    const last = parts.at(-1);
    if (last?.at(-1)?.[0] === step - 1) last.push([step, point]);
    else parts.push([[step, point]]);
  }
  return parts;
}

/** In relative coordinates. Points between two others on a level line are left out. */
function pathOf(points: readonly Point[]): string {
  const [[x, y] = [0, 0], ...others] = points;
  let path = `M${x} ${y}`;
  let [lastX, lastY] = [x, y];
  for (const [index, [nextX, nextY]] of others.entries()) {
    const [dx, dy] = [nextX - lastX, nextY - lastY];
    if (dy === 0 && others[index + 1]?.[1] === nextY) continue;
    path += dy === 0 ? `h${dx}` : `l${dx}${dy < 0 ? "" : " "}${dy}`;
    [lastX, lastY] = [nextX, nextY];
  }
  return others.length === 0 ? `${path}h0` : path;
}

/** A cell for each bucket and a few steps. Buckets without a count are left out at both ends. */
function drawHeatmap({ options }: Panel, box: Box, curves: Curve[], shown: Shown): string {
  const plot = plotOf(box, 0);
  const unit = options?.yAxis?.unit ?? "short";
  const buckets = bucketsOf(curves);
  const isUsed = ({ counts }: (typeof buckets)[number]) => counts.some((count) => count > 0);
  const rows = buckets.slice(buckets.findIndex(isUsed), buckets.findLastIndex(isUsed) + 1);
  const columns = Math.floor(((rows[0]?.counts.length ?? 1) - 1) / CELL_STEPS);
  const greatest = Math.max(...rows.flatMap(({ counts }) => counts));
  const [width, height] = [plot.width / columns, plot.height / rows.length].map((side) =>
    Math.round((side - 1) * PRECISION),
  );
  const paths = BLUES.map(() => "");
  for (const [row, { counts }] of rows.entries()) {
    for (let column = 0; column < columns; column++) {
      const count = counts[(column + 1) * CELL_STEPS] ?? 0;
      if (count === 0) continue;
      const level = Math.ceil((count / greatest) * BLUES.length) - 1;
      paths[level] +=
        `M${pointAt(plot, column / columns, 1 - (row + 1) / rows.length).join(" ")}h${width}v${height}h-${width}z`;
    }
  }
  const drawn = paths.map((path, level) => (path === "" ? "" : `<path fill="${BLUES[level]}" d="${path}"/>`));
  const labels = rows.map(({ bound }, row): Tick => [
    1 - (row + 0.5) / rows.length,
    bound === Infinity ? "+Inf" : formatValue(bound, unit),
  ]);
  return drawAxes(plot, labels, shown) + inside(plot, drawn.join(""));
}

/** Prometheus counts what is at most `le`. A heatmap shows what is in each bucket. */
function bucketsOf(curves: readonly Curve[]): { bound: number; counts: number[] }[] {
  const cumulative = curves
    .map(({ name, values }) => ({ bound: Number(name.replace("Inf", "Infinity")), values }))
    .toSorted((one, other) => one.bound - other.bound);
  return cumulative.map(({ bound, values }, index) => {
    const before = cumulative[index - 1]?.values;
    const counts = values.map((value, step) => (value ?? 0) - (before?.[step] ?? 0));
    // Sums of floating-point numbers.
    return { bound, counts: counts.map((count) => (count > 1e-9 ? count : 0)) };
  });
}

/** The box without the title, the axes and the legend. */
function plotOf({ x, y, width, height }: Box, legendHeight: number): Box {
  return { x: x + 58, y: y + 32, width: width - 72, height: height - 56 - legendHeight };
}

/** Within `inside(plot)`. */
function pointAt({ width, height }: Box, x: number, y: number): Point {
  return [Math.round(x * width * PRECISION), Math.round(y * height * PRECISION)];
}

function inside({ x, y }: Box, content: string): string {
  return `<g transform="translate(${x} ${y})scale(${1 / PRECISION})">${content}</g>`;
}

function drawGrid({ x, y, width, height }: Box, labels: readonly Tick[], shown: Shown): string {
  const horizontal = labels.map(([at]) => `M${x} ${Math.round(y + at * height)}h${width}`);
  const vertical = timesOf(width, shown).map(([at]) => `M${Math.round(x + at * width)} ${y}v${height}`);
  return `<path class="g" d="${horizontal.join("")}${vertical.join("")}"/>`;
}

function drawAxes({ x, y, width, height }: Box, labels: readonly Tick[], shown: Shown): string {
  const left = labels.map(([at, label]) => text(x - 6, Math.round(y + at * height + 4), label, "a e"));
  const below = timesOf(width, shown).map(([at, label]) =>
    text(Math.round(x + at * width), y + height + 15, label, "a m"),
  );
  return left.join("") + below.join("");
}

/** Minutes and seconds since the beginning, with room for each. */
function timesOf(width: number, { range }: Shown): Tick[] {
  const seconds = range.end - range.start;
  const step = [10, 20, 30, 60].find((one) => (one / seconds) * width >= 60) ?? 120;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => {
    const time = index * step;
    return [time / seconds, `${Math.floor(time / 60)}:${String(time % 60).padStart(2, "0")}`];
  });
}

/** Names in lines at the lower end of the box. */
function drawLegend(names: readonly string[], box: Box): { svg: string; height: number } {
  const [left, right] = [box.x + 12, box.x + box.width - 6];
  let x = left;
  let line = 0;
  const places = names.map((name) => {
    const width = 30 + Math.round(name.length * LEGEND_CHARACTER);
    if (x + width > right && x > left) {
      x = left;
      line++;
    }
    x += width;
    return { name, at: x - width, line };
  });
  const svg = places.map(({ name, at, line: own }, index) => {
    const y = box.y + box.height - 8 - (line - own) * LEGEND_LINE;
    return `<rect x="${at}" y="${y - 5}" width="12" height="3" fill="${colorOf(index)}"/>${text(at + 17, y, name)}`;
  });
  return { svg: svg.join(""), height: (line + 1) * LEGEND_LINE };
}

function colorOf(index: number): string {
  return SERIES[index % SERIES.length] ?? GREEN;
}

function text(x: number, y: number, content: string, names = "", attributes = ""): string {
  return `<text x="${x}" y="${y}"${names === "" ? "" : ` class="${names}"`}${attributes}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
