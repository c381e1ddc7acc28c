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
  // The dump took its time, and so its reading is older than it seems.
  const [before, beginMs] = [ask(found), performance.now()];
  await setTimeout(INTERVAL_MS);
  const [after, endMs] = [ask(found), performance.now()];
  if (before === undefined || after === undefined)
    return { row: before ?? found, hasEnded: true, diagnosis: undefined };
  return { row: after, hasEnded: false, diagnosis: diagnose(before.tcpInfo, after.tcpInfo, endMs - beginMs) };
}

function ask(id: TcpSocketRow): TcpSocketRow | undefined {
  const row = findTcpSocket(id);
  return row && unwrap(row);
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
