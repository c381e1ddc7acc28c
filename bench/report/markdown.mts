// Sections → the one Markdown table, with the machine above it and the notes below it.
import { cpus, release } from "node:os";
import type { Row, Section } from "./section.mts";

export function toMarkdown(sections: readonly Section[], how: string): string {
  const rows = sections.flatMap(toLines);
  const notes = sections.flatMap((section) => section.notes ?? []);
  return [
    "# What sockinfo costs",
    "",
    machine(how),
    "",
    "| what | time, median | ratio: median (p10–p90) | to | limit | reached |",
    "| --- | ---: | ---: | --- | ---: | --- |",
    ...rows,
    "",
    verdict(sections),
    ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${note}`)] : []),
    "",
  ].join("\n");
}

function machine(how: string): string {
  const [first] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const processors = `${cpus().length} × ${first?.model ?? "unknown CPU"}`;
  return `Node ${process.version}, Linux ${release()}, ${processors}, ${date}, ${how}.`;
}

function toLines({ title, rows }: Section): string[] {
  return rows.length === 0 ? [] : [`| **${title}** | | | | | |`, ...rows.map(toLine)];
}

function toLine({ what, time, ratio, to, limit, reached }: Row): string {
  const verdictCell = reached === undefined ? "" : reached ? "yes" : "**NO**";
  return `| ${what} | ${time} | ${ratio} | ${to} | ${limit} | ${verdictCell} |`;
}

function verdict(sections: readonly Section[]): string {
  const limited = sections.flatMap((section) => section.rows).filter((row) => row.reached !== undefined);
  const missed = limited.filter((row) => row.reached === false);
  if (missed.length === 0) return `All ${limited.length} limits are reached.`;
  return `**${missed.length} of ${limited.length} limits missed:** ${missed.map((row) => row.what).join("; ")}.`;
}
