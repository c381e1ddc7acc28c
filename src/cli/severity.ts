// Which verdicts need attention, as colours.

/** The page of sockinfo/page has the same ones. */
const SEVERITIES: ReadonlyMap<string, "red" | "yellow"> = new Map([
  ["stalled", "red"],
  ["lossy", "red"],
  ["slow-reader", "yellow"],
  ["small-window", "yellow"],
  ["small-send-buffer", "yellow"],
  ["reordering", "yellow"],
  ["queueing", "yellow"],
]);

/** `undefined` for a verdict that needs none, and for one that a page made up. */
export function severityOf(verdict: string | undefined): "red" | "yellow" | undefined {
  return verdict === undefined ? undefined : SEVERITIES.get(verdict);
}
