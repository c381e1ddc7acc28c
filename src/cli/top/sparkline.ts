// A row of numbers as a graph of one line.

const UTF8_LEVELS = "▁▂▃▄▅▆▇█";
const ASCII_LEVELS = "_.,:-=+#";

/**
 * One character for each value, the newest at the right end. The highest value fills its character, and 0 has the
 * lowest. A value that is `undefined` leaves a space.
 *
 * @param values - The oldest first.
 */
export function sparkline(values: readonly (number | undefined)[], width: number, isUtf8: boolean): string {
  const shown = width > 0 ? values.slice(-width) : [];
  const levels = isUtf8 ? UTF8_LEVELS : ASCII_LEVELS;
  const highest = Math.max(0, ...shown.map((value) => value ?? 0));
  return shown
    .map((value) => (value === undefined ? " " : levels[levelOf(value, highest)]))
    .join("")
    .padStart(width);
}

/** Every value above 0 is above the lowest level. */
function levelOf(value: number, highest: number): number {
  return highest > 0 ? Math.ceil((Math.max(0, value) / highest) * (UTF8_LEVELS.length - 1)) : 0;
}
