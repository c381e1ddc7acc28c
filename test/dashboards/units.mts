// Numbers as text, in the units of Grafana that the dashboard uses.

type Scale = readonly (readonly [from: number, divisor: number, suffix: string])[];

const SCALES: Readonly<Record<string, Scale>> = {
  short: [
    [1e3, 1e3, " K"],
    [0, 1, ""],
  ],
  cps: [
    [1e3, 1e3, "K c/s"],
    [0, 1, " c/s"],
  ],
  s: [
    [60, 60, " min"],
    [1, 1, " s"],
    [1e-3, 1e-3, " ms"],
    [0, 1e-6, " µs"],
  ],
  percentunit: [[0, 0.01, "%"]],
  Bps: [
    [1e6, 1e6, " MB/s"],
    [1e3, 1e3, " kB/s"],
    [0, 1, " B/s"],
  ],
  bytes: [
    [1024 ** 2, 1024 ** 2, " MiB"],
    [1024, 1024, " KiB"],
    [0, 1, " B"],
  ],
};

/** With three digits, or with so many decimals. Throws for a unit that is not in the table. */
export function formatValue(value: number, unit: string, decimals?: number): string {
  const scale = SCALES[unit];
  if (scale === undefined) throw new Error(`unknown unit: ${unit}`);
  const last = scale.at(-1);
  const [, divisor, suffix] = scale.find(([from]) => value !== 0 && value >= from) ?? last ?? [0, 1, ""];
  const scaled = value / divisor;
  const number = decimals === undefined ? String(Number(scaled.toPrecision(3))) : scaled.toFixed(decimals);
  return value === 0 && unit === "s" ? "0 s" : `${number}${suffix}`;
}

/** A few round numbers from 0, the last of which is not below `max`. */
export function ticksUpTo(max: number, unit: string, atMost: number): number[] {
  const base = unit === "bytes" && max >= 1024 ? 1024 ** Math.floor(Math.log(max) / Math.log(1024)) : 1;
  const roughly = max / base / atMost;
  const power = 10 ** Math.floor(Math.log10(roughly));
  const step = base * power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= roughly - 1e-12) ?? 10);
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, index) => index * step);
}
