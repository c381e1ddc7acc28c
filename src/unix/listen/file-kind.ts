// Names the kind of a file, for error messages.
import type { BigIntStats } from "node:fs";

export function kindOf(stats: BigIntStats): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a FIFO";
  return stats.isFile() ? "a regular file" : "a device";
}
