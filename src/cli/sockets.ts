// Rows of a dump of sock_diag, and who owns them.
import { Failure, type TcpSocketDump, type TcpSocketRow } from "../core";
import { findOwners, type Owner } from "./owners";

export interface Sockets {
  readonly rows: readonly TcpSocketRow[];
  ownersOf(row: TcpSocketRow): readonly Owner[];
}

/** @throws What sock_diag can't answer. */
export function unwrap<Value extends object>(value: Value | Failure): Value {
  if (value instanceof Failure) throw value.toError(unwrap);
  return value;
}

export function rowsOf(dump: TcpSocketDump): TcpSocketRow[] {
  return Array.from({ length: dump.length }, (_, index) => dump.get(index)).filter((row) => row !== undefined);
}

/** Reads /proc once for all. */
export function withOwners(rows: readonly TcpSocketRow[]): Sockets {
  const owners = findOwners(new Set(rows.flatMap(({ inode }) => inode ?? [])));
  return { rows, ownersOf: ({ inode = -1 }) => owners.get(inode) ?? [] };
}
