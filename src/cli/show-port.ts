// sockinfo show :port: the listeners and the connections of one local port.
import { dumpAllTcpSockets, dumpTcpSockets, type TcpSocketDump, type TcpSocketRow } from "../core";
import type { ExitCode, Io } from "./command";
import { formatEndpoint } from "./endpoint";
import { connectionJson, jsonLine, listenerJson } from "./json";
import { portLines } from "./port-lines";
import { rowsOf, unwrap, withOwners } from "./sockets";

const MOST_SOCKETS = 100_000;

export async function showPort(port: number, isJson: boolean, io: Io): Promise<ExitCode> {
  const dump = unwrap(await dumpTcpSockets(port, { maxSockets: MOST_SOCKETS }));
  const rows = rowsOf(dump);
  const listening = rows.filter(({ state }) => state === "LISTEN");
  // The table has no owners of connections, and /proc may have a hundred thousand descriptors.
  const { ownersOf } = withOwners(isJson ? rows : listening);
  const connections = rows.filter(({ state }) => state !== "LISTEN").toSorted(byRemote);
  if (isJson) {
    const { isTruncated, isInterrupted } = dump;
    const listeners = listening.map((row) => listenerJson(row, ownersOf(row)));
    const connected = connections.map((row) => connectionJson(row, ownersOf(row)));
    io.print(jsonLine({ port, isTruncated, isInterrupted, listeners, connections: connected }));
    return rows.length > 0 ? 0 : 1;
  }
  if (rows.length === 0) {
    io.printError(`No TCP socket has the local port ${port}${await otherEndsWith(port)}`);
    return 1;
  }
  io.print(portLines({ rows: listening, ownersOf }, connections, io).join("\n"));
  warnOfGaps(dump, io);
  return 0;
}

/** For clients of a database, say, who ask for its port. */
async function otherEndsWith(port: number): Promise<string> {
  const dump = unwrap(await dumpAllTcpSockets());
  const { remotePort } = dump.getColumns(["remotePort"]);
  const count = remotePort.filter((each) => each === port).length;
  const example = dump.getEndpoints(remotePort.indexOf(port));
  if (example === undefined) return "";
  return `. ${count} have it at the other end: try sockinfo show ${formatEndpoint(example.remote)}`;
}

function warnOfGaps({ isTruncated, isInterrupted }: TcpSocketDump, io: Io): void {
  if (isTruncated) io.printError(`There are more than ${MOST_SOCKETS} sockets. The others are not shown`);
  if (isInterrupted) io.printError("The kernel's table changed meanwhile. A socket may be missing, or be there twice");
}

function byRemote({ remote: one }: TcpSocketRow, { remote: other }: TcpSocketRow): number {
  if (one.address !== other.address) return one.address < other.address ? -1 : 1;
  return one.port - other.port;
}
