// Starts daemons and other programs in processes of their own, which end with the test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ListenUnixOptions } from "sockinfo/unix";
import { onTestFinished } from "vitest";
import { until } from "../../helpers/servers";

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
}

/** Another user than the one that runs the tests. */
export const STRANGER: Identity = { uid: 1234, gid: 2345 };

export interface Settings {
  readonly where: string;
  readonly options?: ListenUnixOptions;
  readonly umask?: number;
  /** The user that it becomes before it listens. */
  readonly as?: Identity;
}

/** The outcome of listenUnix(): the address, or the error. */
export interface Report {
  readonly pid: number;
  readonly address?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly message?: string;
}

export interface Child<R> {
  /** The next line that it prints, parsed. */
  readonly next: () => Promise<R>;
  readonly tell: (line: string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly stderr: () => string;
  /** Exit status and signal. */
  readonly ended: Promise<unknown[]>;
}

export function startDaemon(settings: Settings, through: readonly string[] = []): Child<Report> {
  return startChild("daemon.mjs", [JSON.stringify(settings)], through);
}

/** Starts a program in programs/. `through` is the command that starts it, if any. */
export function startChild<R>(file: string, parameters: readonly string[], through: readonly string[] = []): Child<R> {
  return start([...through, process.execPath, programPath(file), ...parameters]);
}

export function programPath(file: string): string {
  return join(import.meta.dirname, "programs", file);
}

export function start<R>(command: readonly string[]): Child<R> {
  const [program, ...parameters] = command as [string, ...string[]];
  const child = spawn(program, parameters, { stdio: "pipe", cwd: "/" });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  // Writing fails if it has ended.
  child.stdin.on("error", () => {});
  onTestFinished(() => {
    child.stdin.destroy();
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it has ended: ${stderr}`);
      return JSON.parse(value);
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    stderr: () => stderr,
    ended: once(child, "close"),
  };
}

/** Stops the process until it gets SIGCONT. */
export async function stop(child: Child<unknown>, pid: number): Promise<void> {
  child.kill("SIGSTOP");
  await until(() => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
}
