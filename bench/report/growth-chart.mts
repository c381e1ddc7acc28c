// Costs per connection, by the number of connections: as a table, and as bars of text, which every renderer shows.

/** What is measured, and its cost at each number of connections. `NaN` where it was not measured. */
export interface Curve {
  readonly what: string;
  readonly unit: "ns" | "bytes";
  readonly costs: readonly number[];
}

const BAR_LENGTH = 40;

export function growthTable(counts: readonly number[], curves: readonly Curve[]): string {
  const head = ["for each connection, at", ...counts.map(withCommas)];
  const lines = curves.map(({ what, unit, costs }) => [what, ...costs.map((cost) => cell(cost, unit))]);
  return [head, ["---", ...counts.map(() => "---:")], ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Each curve has its own scale. */
export function growthBars(counts: readonly number[], curves: readonly Curve[]): string {
  const width = Math.max(...counts.map((count) => withCommas(count).length));
  const groups = curves.map(({ what, unit, costs }) => {
    const highest = Math.max(...costs.filter((cost) => !Number.isNaN(cost)));
    const bars = costs.map((cost, index) => {
      const bar = Number.isNaN(cost) ? "" : "█".repeat(Math.round((cost / highest) * BAR_LENGTH));
      return `${withCommas(counts[index] as number).padStart(width)} ${bar} ${cell(cost, unit)}`.trimEnd();
    });
    return [what, ...bars].join("\n");
  });
  return `\`\`\`text\n${groups.join("\n\n")}\n\`\`\``;
}

function cell(cost: number, unit: string): string {
  return Number.isNaN(cost) ? "" : `${withCommas(Math.round(cost))} ${unit}`;
}

function withCommas(count: number): string {
  return count.toLocaleString("en");
}
