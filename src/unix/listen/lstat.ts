// lstat() with explicit options, so that keys of a polluted Object.prototype change nothing.
import { lstatSync, type BigIntStats } from "node:fs";

/** Follows no link. Throws if there is no file. */
export function lstat(file: string): BigIntStats {
  return lstatSync(file, { bigint: true, throwIfNoEntry: true });
}
