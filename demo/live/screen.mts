// The demo's own lines in the terminal: where the views are, each client with its path and verdict, and the keys.
import type { TcpDiagnosis } from "sockinfo";
import type { DemoClient } from "./demo-client.mts";
import { keysFor } from "./keys.mts";
import type { ClientPlan, PathSettings } from "./plans.mts";

export interface ScreenContent {
  /** Where the page and the terminal view are. */
  readonly places: readonly string[];
  readonly clients: readonly DemoClient[];
  readonly chosen: number;
  readonly diagnosisOf: (client: number) => TcpDiagnosis | undefined;
}

const NAME_WIDTH = 17;
const VERDICT_WIDTH = 21;
const GREEN = 32;
const YELLOW = 33;
const RED = 31;
const BOLD = 1;

/** Returns lines of at most `columns` characters and `rows` rows, without counting the colours. */
export function linesOf(content: ScreenContent, columns: number, rows: number, hasColor: boolean): string[] {
  const { places, clients, chosen, diagnosisOf } = content;
  const clientLines = clients.flatMap((client, index) => {
    const diagnosis = diagnosisOf(index);
    const verdict = diagnosis?.verdict ?? "…";
    const parts: ColoredText[] = [
      { text: `${index === chosen ? ">" : " "} ${index + 1} ${client.plan.name}`.padEnd(NAME_WIDTH), color: BOLD },
      { text: verdict.padEnd(VERDICT_WIDTH), color: colorOf(verdict) },
      { text: describeClient(client) },
    ];
    return [joinParts(parts, columns, hasColor), `    ${firstSentences(diagnosis?.sentence ?? "", columns - 4)}`];
  });
  // Places are not cut: the terminal wraps them, so that they can be copied.
  const wrappedRows = places.reduce((sum, line) => sum + Math.max(Math.ceil(line.length / columns), 1) - 1, 0);
  return [...places, "", ...clientLines, "", ...keyLines(clients, columns)].slice(0, rows - wrappedRows);
}

interface ColoredText {
  readonly text: string;
  readonly color?: number;
}

function joinParts(parts: readonly ColoredText[], columns: number, hasColor: boolean): string {
  let left = columns;
  return parts
    .map(({ text, color }) => {
      const cut = text.slice(0, left);
      left -= cut.length;
      return hasColor && color !== undefined ? `\x1b[${color}m${cut}\x1b[0m` : cut;
    })
    .join("");
}

/** As many sentences as fit. */
function firstSentences(text: string, columns: number): string {
  if (text.length <= columns) return text;
  const end = text.lastIndexOf(". ", columns - 1);
  return end < 0 ? text.slice(0, columns) : text.slice(0, end + 1);
}

function colorOf(verdict: TcpDiagnosis["verdict"] | "…"): number {
  if (verdict === "stalled") return RED;
  return verdict === "healthy" ? GREEN : YELLOW;
}

function describeClient({ plan, path, reads }: DemoClient): string {
  return [...(path ? describePath(path.settings) : []), describeSpeed(plan, reads)].filter(Boolean).join(", ");
}

function describePath({ delay, rate, loss, hole }: PathSettings): string[] {
  if (hole) return ["unplugged"];
  const speed = [`round trip ${delay * 2} ms`, `${rate / 1000} Mbit/s`];
  return loss ? [...speed, `${loss} % lost`] : speed;
}

function describeSpeed({ answer, readsBytesPerSecond }: ClientPlan, reads: boolean): string {
  if (!reads) return "the client does not read";
  if (answer.everyMs !== undefined) return `${answer.bytes / 1000} kB each ${answer.everyMs} ms`;
  return readsBytesPerSecond === undefined ? "" : `reads ${readsBytesPerSecond / 1000} kB/s`;
}

function keyLines(clients: readonly DemoClient[], columns: number): string[] {
  const hasPaths = clients.some(({ path }) => path !== undefined);
  const ofClient = keysFor(hasPaths).map(({ key, meaning }) => `${key} ${meaning}`);
  const lines = [""];
  for (const item of [`1-${clients.length} choose a client`, ...ofClient, "t terminal view", "q quit"]) {
    const last = lines.length - 1;
    const longer = `${lines[last]}${lines[last] ? "   " : ""}${item}`;
    if (longer.length <= columns) lines[last] = longer;
    else lines.push(item.slice(0, columns));
  }
  return lines;
}
