// Counts what has happened. A run in which something never happens proves nothing about it.
const counts = new Map<string, number>();

export function count(what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

export function counted(): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].toSorted(([left], [right]) => left.localeCompare(right)));
}

/** In a run of a thousand connections or more. */
export const MUST_HAPPEN = [
  "hijacked early",
  "hijacked late",
  "refused: ERR_SOCKINFO_BYTES_PARSED",
  "refused: ERR_SOCKINFO_HIJACKED",
  "refused: ERR_SOCKINFO_NOT_HIJACKABLE",
  "refused: ERR_SOCKINFO_RESPONSE_PENDING",
  "refused: ERR_SOCKINFO_SOCKET_CLOSED",
  "released",
  "release refused: ERR_SOCKINFO_NOT_RELEASABLE",
  "release refused: ERR_SOCKINFO_SOCKET_CLOSED",
  "upgraded by Node",
  "taken by the client",
];
