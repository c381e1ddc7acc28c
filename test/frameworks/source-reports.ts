// What sockinfo returns for the sources that a handler has, and the comparison with what the client knows.
import { getFd, getSocket, getTcpInfo, SocketInfoError, type SocketSource } from "sockinfo";
import { expect } from "vitest";
import type { Connection } from "./connection";

type SourceReport =
  | (Required<Connection> & { readonly state: string | undefined; readonly bytesReceived: number | undefined })
  | { readonly error: string };

/** By the names that the test gives the sources. It can be sent as JSON. */
export type SourceReports = Readonly<Record<string, SourceReport>>;

export function reportSources(sources: Readonly<Record<string, Exclude<SocketSource, number>>>): SourceReports {
  return Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, reportSource(source)]));
}

/** Returns errors, because a framework would turn what a handler throws into an empty page of status 500. */
function reportSource(source: Exclude<SocketSource, number>): SourceReport {
  try {
    const { localPort, remotePort } = getSocket(source) as { localPort: number; remotePort: number };
    const { state, bytesReceived } = getTcpInfo(source);
    return { localPort, remotePort, fd: getFd(source), state, bytesReceived };
  } catch (error) {
    return { error: error instanceof SocketInfoError ? error.code : String(error) };
  }
}

/** Expects reports of exactly these sources, each of this connection while it was open. */
export function expectSameConnection(reports: SourceReports, names: readonly string[], connection: Connection): void {
  const bytesReceived: unknown = expect.toSatisfy((bytes: number) => bytes > 0);
  const alive = { fd: expect.any(Number) as number, ...connection, state: "ESTABLISHED", bytesReceived };
  expect(reports).toEqual(Object.fromEntries(names.map((name) => [name, alive])));
}
