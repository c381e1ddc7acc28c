// Runs dist/cli/sockinfo.js as a user does, while this process goes on serving.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Ending } from "./child";
import { root } from "./docs";

export const program: string = join(root, "dist/cli/sockinfo.js");

export interface Running {
  readonly env?: NodeJS.ProcessEnv;
  /** A command that runs the program: `["setpriv", "--reuid=65534"]`. */
  readonly before?: readonly string[];
  /** Flags of Node. */
  readonly flags?: readonly string[];
  onStderr?(): void;
}

export async function runProgram(args: readonly string[], running: Running = {}): Promise<Ending> {
  const { env, before = [], flags = [], onStderr = () => {} } = running;
  const [command = "", ...rest] = [...before, process.execPath, ...flags, program, ...args];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    timeout: 50_000,
  });
  child.stderr.on("data", onStderr);
  const outputs = [text(child.stdout), text(child.stderr)] as const;
  const [[status, signal], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null, string | null]>,
    ...outputs,
  ]);
  return { status, signal, stdout, stderr };
}

/** The one line that `--json` prints. */
export async function runJson<Line>(args: readonly string[], running?: Running): Promise<Line> {
  const { status, stdout, stderr } = await runProgram([...args, "--json"], running);
  if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`);
  if (stdout.indexOf("\n") !== stdout.length - 1) throw new Error(`not one line: ${stdout}`);
  return JSON.parse(stdout) as Line;
}
