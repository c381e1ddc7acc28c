// One connection as text: its ends, its verdict with the reasons, and each property of TCP_INFO with its words.
import type { TcpDiagnosis, TcpFinding, TcpInfo, TcpTimeShares } from "../core";
import { ABSENT, formatBytes, formatMs, formatRate, formatRatio } from "../quantities";
import type { Io } from "./command";
import { formatEndpoint } from "./endpoint";
import { formatOwners, type Owner } from "./owners";
import type { Observation } from "./show-connection";
import { severityOf } from "./severity";
import { FIELD_GROUPS } from "./tcp-info-words";

export function connectionLines({ row, hasEnded, diagnosis }: Observation, owners: readonly Owner[], io: Io): string[] {
  const { local, remote, state, unreadBytes, unacknowledgedBytes, uid, timer, timerExpiresMs, cookie } = row;
  const facts = [
    ["local", formatEndpoint(local)],
    ["remote", formatEndpoint(remote)],
    ["state", hasEnded ? `${state ?? "?"}, and it has ended since` : (state ?? "?")],
    ["owner", formatOwners(owners, uid)],
    ["unread", `${formatBytes(unreadBytes)}, which the application has not read yet`],
    ["unacked", `${formatBytes(unacknowledgedBytes)}, not acknowledged or not sent yet`],
    ["timer", timer === undefined ? "none runs" : `${timer}, in ${formatMs(timerExpiresMs)}`],
    ["cookie", cookie.toString(16)],
  ];
  const lines = facts.map(([name = "", text]) => `${name.padEnd(NAME_WIDTH)}${text}`);
  if (diagnosis !== undefined) lines.push("", ...verdictLines(diagnosis, io));
  return row.tcpInfo === undefined ? lines : [...lines, ...fieldLines(row.tcpInfo, io)];
}

const NAME_WIDTH = 10;

function verdictLines(diagnosis: TcpDiagnosis, io: Io): string[] {
  const { also, shares, intervalMs } = diagnosis;
  const { goodputBytesPerSecond, retransmissionRatio, queueingMs, inFlightBytes, notSentBytes } = diagnosis;
  const numbers = [
    `acknowledged ${formatRate(goodputBytesPerSecond)}`,
    `retransmitted ${formatRatio(retransmissionRatio)}`,
    `queueing ${formatMs(queueingMs)}`,
    `in flight ${formatBytes(inFlightBytes)}`,
    `unsent ${formatBytes(notSentBytes)}`,
  ];
  return [
    ...findingLines("verdict", diagnosis, io),
    ...(also === undefined ? [] : findingLines("also", also, io)),
    ...named("shares", shares === undefined ? ABSENT : sharesText(shares, intervalMs), io),
    ...named("numbers", numbers.join(", "), io),
  ];
}

function named(name: string, text: string, io: Io): string[] {
  const [first = "", ...more] = wrapped(text, NAME_WIDTH, io);
  return [name.padEnd(NAME_WIDTH) + first.trimStart(), ...more];
}

function findingLines(name: string, { verdict, cause, measure, value, sentence }: TcpFinding, io: Io): string[] {
  const proof = measure === undefined ? "" : ` (${measure} ${formatByUnit(measure, value)})`;
  const head = `${name.padEnd(NAME_WIDTH)}${verdict}${cause === undefined ? "" : `, ${cause}`}${proof}`;
  const color = severityOf(verdict);
  return [color === undefined ? head : io.paint(color, head), ...wrapped(sentence, NAME_WIDTH, io)];
}

function sharesText({ applicationMs, receiverMs, sendBufferMs, networkMs }: TcpTimeShares, intervalMs: number): string {
  const part = (ms: number) => formatRatio(ms / intervalMs);
  return [
    `application ${part(applicationMs)}`,
    `receiver ${part(receiverMs)}`,
    `send buffer ${part(sendBufferMs)}`,
    `network ${part(networkMs)} of ${formatMs(intervalMs)}`,
  ].join(", ");
}

const FIELD_WIDTH = 30;
const VALUE_WIDTH = 11;
const WORDS_COLUMN = 2 + FIELD_WIDTH + VALUE_WIDTH + 2;

/** One line for each property, and then the names of those that are `undefined`. */
function fieldLines(tcpInfo: TcpInfo, io: Io): string[] {
  const values = tcpInfo as unknown as Readonly<Record<string, unknown>>;
  const absent: string[] = [];
  const groups = FIELD_GROUPS.flatMap(({ title, fields }) => {
    const known = Object.entries(fields).filter(([name]) => values[name] !== undefined);
    absent.push(...Object.keys(fields).filter((name) => values[name] === undefined));
    if (known.length === 0) return [];
    return ["", io.paint("bold", title), ...known.flatMap(([name, words]) => fieldLine(name, values[name], words, io))];
  });
  const rest = absent.length === 0 ? [] : ["", io.paint("bold", "Not known"), ...wrapped(absent.join(", "), 2, io)];
  return [...groups, ...rest];
}

function fieldLine(name: string, value: unknown, words: string, io: Io): string[] {
  const head = `  ${name.padEnd(FIELD_WIDTH)}${formatByUnit(name, value).padEnd(VALUE_WIDTH)}  `;
  const [first = "", ...more] = wrapped(words, WORDS_COLUMN, io);
  // A long list of options has a line of its own in a terminal.
  if (head.length > WORDS_COLUMN && io.stdout.isTTY) return [head.trimEnd(), first, ...more];
  return [head + first.trimStart(), ...more];
}

/** Sizes of segments and the MTU are below, and are of interest to the byte. */
const MOST_EXACT_BYTES = 10_000;

/** The unit is in the name, as in all of sockinfo. */
function formatByUnit(name: string, value: unknown): string {
  if (value === Infinity) return "no limit";
  if (Array.isArray(value)) return value.join(" ") || "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (name.endsWith("Ms")) return formatMs(value);
  if (name.endsWith("BytesPerSecond")) return formatRate(value);
  if (/^bytes|Bytes$/.test(name)) return value < MOST_EXACT_BYTES ? `${value} B` : formatBytes(value);
  return name.endsWith("Ratio") ? formatRatio(value) : String(value);
}

/**
 * A terminal gets lines that fit; one without a size counts as 80 columns wide. A pipe gets one line, because programs
 * search it.
 */
function wrapped(text: string, indent: number, { stdout }: Io): string[] {
  const width = stdout.isTTY ? Math.max(20, (stdout.columns || 80) - indent) : Infinity;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => " ".repeat(indent) + line);
}
