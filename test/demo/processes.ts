// Which processes run, by /proc.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function all(): Process[] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((number) => {
    try {
      // The name in brackets may hold spaces.
      const [, parent] = readFileSync(`/proc/${number}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const command = readFileSync(`/proc/${number}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(number), parent: Number(parent), command }];
    } catch {
      return []; // It has ended.
    }
  });
}

/** The descendants of a process. */
export function processesBelow(pid: number): Process[] {
  const processes = all();
  const below = (parent: number): Process[] =>
    processes.flatMap((child) => (child.parent === parent ? [child, ...below(child.pid)] : []));
  return below(pid);
}

/** The network namespace of a process, such as "net:[4026531840]". `undefined` if it has ended. */
export function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

export const isAlive = (pid: number): boolean => all().some((process) => process.pid === pid && process.command !== "");

export const processesIn = (network: string): Process[] => all().filter(({ pid }) => networkOf(pid) === network);
