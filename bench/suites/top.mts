// The CPU time of `sockinfo top` on a machine with 50,000 TCP sockets.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { descriptorLimit } from "../connections/descriptors.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Section, valueRow } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/hold-both-ends.mts");
const PROGRAM = join(import.meta.dirname, "../../dist/cli/sockinfo.js");
const DESCRIPTORS_FOR_OTHER_THINGS = 200;
/** One address has ports for so many connections at a time. Each has another port of the server, too. */
const MOST_CONNECTIONS = 12_000;
/** The first looks are slower, until V8 has compiled what they call. */
const WARM_UP_MS = 5000;
const WINDOW_MS = 2000;
/** 30 % of a core. */
const LIMIT = atMost(300);
/** Of /proc/<pid>/stat, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export async function topCost({ top: { sockets, windows } }: SampleSize): Promise<Section> {
  const perProcess = Math.min(MOST_CONNECTIONS, Math.floor((descriptorLimit() - DESCRIPTORS_FOR_OTHER_THINGS) / 2));
  const processes = Math.ceil(sockets / 2 / perProcess);
  const holders = Array.from({ length: processes }, () => fork(CHILD, [String(Math.ceil(sockets / 2 / processes))]));
  try {
    const ports = await Promise.all(holders.map(async (holder) => ((await once(holder, "message")) as [number])[0]));
    const all = await measure([], windows);
    const port = await measure([`:${ports[0]}`], windows);
    return {
      title: `sockinfo top: ${sockets} sockets`,
      about:
        "CPU time per second of the whole process, on a screen of 120 columns, with a look each second: 10 ms are 1 % of a core. " +
        `The sockets are idle and belong to ${processes} other processes.`,
      rows: [
        valueRow("sockinfo top", all, "ms", LIMIT),
        valueRow(`sockinfo top :port, with ${Math.ceil(sockets / 2 / processes)} of the connections`, port, "ms"),
      ],
    };
  } finally {
    for (const holder of holders) holder.kill();
  }
}

/** Milliseconds of CPU time in each second. */
async function measure(parameters: readonly string[], windows: number): Promise<number[]> {
  // script(1) of util-linux makes a terminal.
  const command = ["stty cols 120 rows 40; exec", process.execPath, PROGRAM, "top", ...parameters].join(" ");
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "ignore", "inherit"] });
  await sleep(WARM_UP_MS);
  const pid = findChild(terminal);
  try {
    const samples: number[] = [];
    for (let window = 0; window < windows; window++) {
      const [before, begin] = [readCpuMs(pid), performance.now()];
      await sleep(WINDOW_MS);
      samples.push(((readCpuMs(pid) - before) / (performance.now() - begin)) * 1000);
    }
    return samples;
  } finally {
    process.kill(pid);
    await once(terminal, "exit");
  }
}

function findChild({ pid }: ChildProcess): number {
  const child = readdirSync("/proc").find((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  if (child === undefined) throw new Error("sockinfo top does not run");
  return Number(child);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(readStat(pid)[1]);
  } catch {
    return undefined;
  }
}

function readCpuMs(pid: number): number {
  const [userTicks, systemTicks] = readStat(String(pid)).slice(11, 13).map(Number) as [number, number];
  return ((userTicks + systemTicks) / TICKS_PER_SECOND) * 1000;
}

/** The fields after the name of the program, which may have spaces. */
function readStat(pid: string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
