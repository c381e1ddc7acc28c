// The limit of descriptors, and child processes with a higher one.
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** Enough for every suite, and below the highest number that Linux allows by default (fs.nr_open). */
const WANTED = 200_000;

/** Raising the hard limit needs a privilege. Without it the child has the limit of this process. */
const RAISE_LIMIT = `ulimit -n ${WANTED} 2>/dev/null; exec "$0" "$@"`;

export function forkWithDescriptors(
  program: string,
  args: readonly string[],
  nodeOptions: string[] = [],
): ChildProcess {
  return fork(program, args, {
    execPath: "/bin/sh",
    execArgv: ["-c", RAISE_LIMIT, process.execPath, ...process.execArgv, ...nodeOptions],
  });
}

/** Node raises the soft limit to the hard one when it starts. */
export function descriptorLimit(): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return soft === "unlimited" ? Infinity : Number(soft);
}
