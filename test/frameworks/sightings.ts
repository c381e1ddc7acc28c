// What sockinfo says of sources, taken where a handler has them, and compared with what the client knows.
import { getFd, getSocket, getTcpInfo, SocketInfoError, type SocketSource } from "sockinfo";
import { expect } from "vitest";
import type { Connection } from "./connection";

type Sighting =
  | (Required<Connection> & { readonly state: string | undefined; readonly bytesReceived: number | undefined })
  | { readonly error: string };

/** By the names that a test gives its sources. Goes through JSON. */
export type Sightings = Readonly<Record<string, Sighting>>;

export function look(sources: Readonly<Record<string, Exclude<SocketSource, number>>>): Sightings {
  return Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, sight(source)]));
}

/** Not thrown: frameworks would make an empty page of status 500 of it. */
function sight(source: Exclude<SocketSource, number>): Sighting {
  try {
    const { localPort, remotePort } = getSocket(source) as { localPort: number; remotePort: number };
    const { state, bytesReceived } = getTcpInfo(source);
    return { localPort, remotePort, fd: getFd(source), state, bytesReceived };
  } catch (error) {
    return { error: error instanceof SocketInfoError ? error.code : String(error) };
  }
}

/** The sources of these names are all there are, and each led to the socket of this connection, alive. */
export function expectSightings(sightings: Sightings, names: readonly string[], connection: Connection): void {
  const bytesReceived: unknown = expect.toSatisfy((bytes: number) => bytes > 0);
  const alive = { fd: expect.any(Number) as number, ...connection, state: "ESTABLISHED", bytesReceived };
  expect(sightings).toEqual(Object.fromEntries(names.map((name) => [name, alive])));
}
