// How many system calls getPeerCredentials makes, counted by strace in a child process.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/ask-credentials.mts");
const CALLS = 1000;

export async function systemCalls(): Promise<Section> {
  return { title: "", rows: [], notes: [describe()] };
}

function describe(): string {
  if (spawnSync("strace", ["-V"]).error) return "System calls were not counted: strace not installed.";
  try {
    const again = count("socket", CALLS + 1) - count("socket", 1);
    const each = count("fd", CALLS + 1) - count("fd", 1);
    return (
      `By strace: getPeerCredentials asked ${CALLS} times more about the same socket makes ${again} system calls ` +
      `more (getpeername, getsockopt of SO_PEERCRED and SO_PEERGROUPS); by descriptor number it makes ${each} more.`
    );
  } catch (error) {
    return `System calls were not counted: ${(error as Error).message}`;
  }
}

function count(kind: "socket" | "fd", times: number): number {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
  const trace = join(folder, "trace");
  try {
    const { status, stderr } = spawnSync(
      "strace",
      ["-f", "--seccomp-bpf", "-e", "trace=getsockopt,getpeername", "-o", trace].concat(
        process.execPath,
        "--import",
        "tsx",
        CHILD,
        kind,
        String(times),
      ),
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`strace failed: ${stderr.trim().split("\n")[0] ?? status}`);
    return readFileSync(trace, "utf8").match(/getpeername\(|SO_PEER/g)?.length ?? 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
