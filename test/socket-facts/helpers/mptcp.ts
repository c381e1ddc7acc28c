// Runs mptcp-subflows.py with a Node server, in a network namespace of its own.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { LinuxTcpInfo, MptcpInfo, QueuedBytes, SocketMemory } from "sockinfo";

export const TCP = 6;
export const MPTCP = 262;

export interface Look {
  readonly seen: {
    readonly info: MptcpInfo & { code?: string; message?: string };
    readonly tried: string;
    readonly byNumber: MptcpInfo;
    readonly tcpInfo: LinuxTcpInfo;
    readonly queued: QueuedBytes;
    readonly memory: SocketMemory;
    readonly listening: { readonly code: string };
  };
  /** `ss -tniOH`. */
  readonly tcp: string;
  /** `ss -niMOH`. */
  readonly mptcp: string;
}

/** Returns a function that sends a command to mptcp-subflows.py and parses its result. */
export function startMptcp(
  protocols: { listening: number; connecting: number },
  additionalSubflows = 0,
): (command: string) => Promise<unknown> {
  const here = (name: string) => join(import.meta.dirname, "..", name);
  const { listening, connecting } = protocols;
  const parameters = [listening, connecting, additionalSubflows].map(String);
  const program = [process.execPath, here("mptcp-server.mjs")];
  const child = spawn("unshare", ["--net", "python3", here("mptcp-subflows.py"), ...parameters, ...program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.stdin.end());
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (command) => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`mptcp-subflows.py ended at ${command}`);
    return JSON.parse(value) as unknown;
  };
}
