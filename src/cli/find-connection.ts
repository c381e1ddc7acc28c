// The connection that the user means by its ends.
import { dumpAllTcpSockets, type TcpEndpoint, type TcpSocketDump, type TcpSocketRow } from "../core";
import { isSameEndpoint } from "./endpoint";
import { unwrap } from "./sockets";

const MOST_SOCKETS = 1_000_000;

/** All connections with this remote end, or, if there are none, with this local end. */
export async function findConnections(end: TcpEndpoint, local: TcpEndpoint | undefined): Promise<TcpSocketRow[]> {
  const dump = unwrap(await dumpAllTcpSockets({ maxSockets: MOST_SOCKETS }));
  const rows = rowsWithPort(dump, end.port).filter(({ state }) => state !== "LISTEN");
  const atRemote = rows.filter(
    (row) => isSameEndpoint(row.remote, end) && (local === undefined || isSameEndpoint(row.local, local)),
  );
  if (atRemote.length > 0 || local !== undefined) return atRemote;
  return rows.filter((row) => isSameEndpoint(row.local, end));
}

/** Decodes only the rows in question, because a host may have a hundred thousand sockets. */
function rowsWithPort(dump: TcpSocketDump, port: number): TcpSocketRow[] {
  const { localPort, remotePort } = dump.getColumns(["localPort", "remotePort"]);
  const rows: TcpSocketRow[] = [];
  for (let index = 0; index < dump.length; index++) {
    if (localPort[index] !== port && remotePort[index] !== port) continue;
    const row = dump.get(index);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}
