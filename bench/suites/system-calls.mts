// Counts the system calls of getPeerCredentials, by strace in a child process.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Section } from "../report/section.mts";

const CHILD = join(import.meta.dirname, "../children/ask-credentials.mts");
const CALLS = 1000;

export async function systemCalls(): Promise<Section> {
  return { title: "System calls of getPeerCredentials", about: describe() };
}

function describe(): string {
  if (spawnSync("strace", ["-V"]).error) return "System calls were not counted: strace is not installed.";
  try {
    const bySocket = count("socket", CALLS + 1) - count("socket", 1);
    const byFd = count("fd", CALLS + 1) - count("fd", 1);
    return (
      `Counted by strace: getpeername, and getsockopt of SO_PEERCRED and SO_PEERGROUPS. After the first call, ${CALLS} more calls ` +
      `with the same socket make ${bySocket} system calls, and ${CALLS} more with its descriptor number make ${byFd}.`
    );
  } catch (error) {
    return `System calls were not counted: ${(error as Error).message}`;
  }
}

function count(sourceType: "socket" | "fd", calls: number): number {
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
        sourceType,
        String(calls),
      ),
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`strace failed: ${stderr.trim().split("\n")[0] ?? status}`);
    return readFileSync(trace, "utf8").match(/getpeername\(|SO_PEER/g)?.length ?? 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
