// lstat() with every option of its own: a key of a polluted Object.prototype changes nothing.
import { lstatSync, type BigIntStats } from "node:fs";

/** Throws where there is nothing. Follows no link. */
export function lookAt(file: string): BigIntStats {
  return lstatSync(file, { bigint: true, throwIfNoEntry: true });
}
