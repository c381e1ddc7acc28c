// Numbers as people read them, in few characters and in ASCII. No imports, because the page's script has a copy, too.

/** Printed for a number that is absent. */
export const ABSENT = "-";

type Quantity = number | null | undefined;

/** "0.03 ms", "1.2 ms", "340 ms", "5.1 s", "4 m 12 s", "2 h 5 m", "3 d 4 h". */
export function formatMs(ms: Quantity): string {
  if (!isPresent(ms)) return ABSENT;
  if (ms < 999.5) return `${digits(ms)} ms`;
  return ms < 59_500 ? `${digits(ms / 1000)} s` : formatAge(ms);
}

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "m", ms: 60_000 },
  { name: "s", ms: 1000 },
] as const;

/** Whole seconds, in the two largest units: "0 s", "12 s", "4 m 12 s", "2 h 5 m", "3 d 4 h". */
export function formatAge(ms: Quantity): string {
  if (!isPresent(ms)) return ABSENT;
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  const unit = UNITS[first];
  if (unit === undefined) return "0 s";
  const text = `${Math.floor(ms / unit.ms)} ${unit.name}`;
  const next = UNITS[first + 1];
  return next === undefined ? text : `${text} ${Math.floor((ms % unit.ms) / next.ms)} ${next.name}`;
}

/** "0 B", "512 B", "34 kB", "5.1 MB", "2 GB". */
export function formatBytes(bytes: Quantity): string {
  if (!isPresent(bytes)) return ABSENT;
  return bytes < 999.5 ? `${Math.round(bytes)} B` : `${scaled(bytes)}B`;
}

/** "340 B/s", "5.1 MB/s". */
export function formatRate(bytesPerSecond: Quantity): string {
  return isPresent(bytesPerSecond) ? `${formatBytes(bytesPerSecond)}/s` : ABSENT;
}

/** "17", "9999", "12 k", "1.2 M". */
export function formatCount(count: Quantity): string {
  if (!isPresent(count)) return ABSENT;
  return count < 9999.5 ? String(Math.round(count)) : scaled(count);
}

/** @param ratio - 0 to 1: "0 %", "<0.1 %", "0.4 %", "34 %". */
export function formatRatio(ratio: Quantity): string {
  if (!isPresent(ratio)) return ABSENT;
  if (ratio > 0 && ratio < 0.0005) return "<0.1 %";
  const percent = ratio * 100;
  return `${percent < 9.95 ? Math.round(percent * 10) / 10 : Math.round(percent)} %`;
}

/** "34 k", "5.1 M", "2 G", "1.2 T". */
function scaled(value: number): string {
  if (value < 999.5e3) return `${digits(value / 1e3)} k`;
  if (value < 999.5e6) return `${digits(value / 1e6)} M`;
  return value < 999.5e9 ? `${digits(value / 1e9)} G` : `${digits(value / 1e12)} T`;
}

/** Two digits, or all before the point. Values below 0.1 have two decimals. */
function digits(value: number): string {
  if (value < 0.0995) return String(Math.round(value * 100) / 100);
  return String(value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** `Infinity` stands for "no limit" in TCP_INFO, and has no digits. */
function isPresent(value: Quantity): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
