// Sections → Markdown: the machine, a table for each section, and the limits that were missed.
import { cpus, release } from "node:os";
import type { Row, Section } from "./section.mts";

const HOW_TO_READ = [
  "Times are CPU time of the thread that makes the calls, or of the server's main thread.",
  "Each value and each ratio is a median, with the 10th and 90th percentile in brackets.",
  "A ratio divides two measurements of the same round.",
  '"Quietest" is the 5th percentile of the times, or the 5th percentile of both times, one divided by the other.',
  "A limit applies to the quietest, or to the median of bytes. Requests per second have no limit.",
  "Servers are processes of their own, which take turns under the same load. The clients are in the bench's process.",
  '"Again" is a second server like the first. Its ratio shows the noise.',
];

export function toMarkdown(sections: readonly Section[], run: string): string {
  return [
    "# What sockinfo costs",
    machine(run),
    toList(HOW_TO_READ),
    ...sections.flatMap(toParagraphs),
    "## Limits",
    verdict(sections),
    "",
  ].join("\n\n");
}

function machine(run: string): string {
  const [first] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  const processors = `${cpus().length} × ${first?.model ?? "unknown CPU"}`;
  return `Node ${process.version}, Linux ${release()}, ${processors}, ${date}, ${run}.`;
}

function toParagraphs({ title, about, chart, rows = [], notes = [] }: Section): string[] {
  return [
    `## ${title}`,
    about,
    ...(chart === undefined ? [] : [chart]),
    ...(rows.length > 0 ? [toTable(rows)] : []),
    ...(notes.length > 0 ? [toList(notes)] : []),
  ];
}

function toList(sentences: readonly string[]): string {
  return sentences.map((sentence) => `- ${sentence}`).join("\n");
}

function toTable(rows: readonly Row[]): string {
  const head = [
    "| what | value | ratio | quietest | compared with | limit | reached |",
    "| --- | ---: | ---: | ---: | --- | ---: | --- |",
  ];
  return [...head, ...rows.map(toLine)].join("\n");
}

function toLine({ what, value, ratio = "", quietest = "", comparedWith = "", limit = "", isReached }: Row): string {
  const reached = isReached === undefined ? "" : isReached ? "yes" : "**NO**";
  return `| ${what} | ${value} | ${ratio} | ${quietest} | ${comparedWith} | ${limit} | ${reached} |`;
}

function verdict(sections: readonly Section[]): string {
  const limited = sections.flatMap(({ rows = [] }) => rows).filter((row) => row.isReached !== undefined);
  const missed = limited.filter((row) => row.isReached === false);
  if (limited.length === 0) return "None of these rows has a limit.";
  if (missed.length === 0) return `All ${limited.length} limits are reached.`;
  return `**${missed.length} of ${limited.length} limits missed:** ${missed.map((row) => row.what).join("; ")}.`;
}
