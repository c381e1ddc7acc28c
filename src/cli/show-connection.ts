// sockinfo show ADDRESS:port: everything about one connection, and what limits it.
import { setTimeout } from "node:timers/promises";
import {
  diagnoseTcp,
  findTcpSocket,
  SocketInfoError,
  type TcpDiagnosis,
  type TcpEndpoint,
  type TcpInfo,
  type TcpSocketRow,
} from "../core";
import type { ExitCode, Io } from "./command";
import { connectionLines } from "./connection-lines";
import { formatEndpoint } from "./endpoint";
import { findConnections } from "./find-connection";
import { connectionJson, jsonLine } from "./json";
import { unwrap, withOwners } from "./sockets";

/** diagnoseTcp needs half a second at least, and one to two are best. */
const INTERVAL_MS = 1000;

/** Two readings of a connection. */
export interface Observation {
  /** The later reading, or the first one if the connection ended meanwhile. */
  readonly row: TcpSocketRow;
  readonly hasEnded: boolean;
  /** `undefined` for a connection without TCP_INFO, and for one that ended. */
  readonly diagnosis: TcpDiagnosis | undefined;
}

/** @param local - Chooses one of several connections with this remote end. */
export async function showConnection(
  remote: TcpEndpoint,
  local: TcpEndpoint | undefined,
  isJson: boolean,
  io: Io,
): Promise<ExitCode> {
  const [row, ...others] = await findConnections(remote, local);
  if (row === undefined) return refuse(io, `No TCP connection has the end ${formatEndpoint(remote)}`);
  if (others.length > 0) return refuse(io, ambiguity(remote, [row, ...others]));
  const { ownersOf } = withOwners([row]);
  const observation = await observe(row);
  if (isJson) {
    const { diagnosis, hasEnded } = observation;
    io.print(jsonLine({ connection: connectionJson(observation.row, ownersOf(row)), hasEnded, diagnosis }));
  } else io.print(...connectionLines(observation, ownersOf(row), io));
  return 0;
}

function refuse(io: Io, message: string): ExitCode {
  io.printError(message);
  return 1;
}

const MOST_NAMED = 10;

function ambiguity(end: TcpEndpoint, rows: readonly TcpSocketRow[]): string {
  const named = rows.slice(0, MOST_NAMED).map(({ local, remote }) => {
    return `  sockinfo show ${formatEndpoint(remote)} ${formatEndpoint(local)}`;
  });
  const more = rows.length > MOST_NAMED ? [`  and ${rows.length - MOST_NAMED} more`] : [];
  const message = `${rows.length} connections have the end ${formatEndpoint(end)}. Name both ends of one:`;
  return [message, ...named, ...more].join("\n");
}

async function observe(found: TcpSocketRow): Promise<Observation> {
  if (found.tcpInfo === undefined) return { row: found, hasEnded: false, diagnosis: undefined };
  // Asks again, because the dump took its time, and its reading is older than it seems.
  const before = ask(found);
  await setTimeout(INTERVAL_MS);
  const after = ask(found);
  if (before.row === undefined || after.row === undefined)
    return { row: before.row ?? found, hasEnded: true, diagnosis: undefined };
  const diagnosis = diagnose(before.row.tcpInfo, after.row.tcpInfo, after.atMs - before.atMs);
  return { row: after.row, hasEnded: false, diagnosis };
}

/** A question takes microseconds. On a busy machine, the system may stop the program in the middle of it. */
const LONGEST_QUESTION_MS = 10;
const MOST_QUESTIONS = 10;

/** Asks until the moment of the answer is certain. */
function ask(id: TcpSocketRow): { row: TcpSocketRow | undefined; atMs: number } {
  for (let count = 1; ; count++) {
    const beginMs = performance.now();
    const row = findTcpSocket(id);
    const endMs = performance.now();
    if (endMs - beginMs <= LONGEST_QUESTION_MS || count === MOST_QUESTIONS)
      return { row: row && unwrap(row), atMs: (beginMs + endMs) / 2 };
  }
}

/** `undefined` where the two can't be compared. */
function diagnose(
  before: TcpInfo | undefined,
  after: TcpInfo | undefined,
  intervalMs: number,
): TcpDiagnosis | undefined {
  if (before === undefined || after === undefined) return undefined;
  try {
    return diagnoseTcp(before, after, { intervalMs });
  } catch (error) {
    if (error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT") return undefined;
    throw error;
  }
}
