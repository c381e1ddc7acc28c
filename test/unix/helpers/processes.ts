// Daemons, and others, in processes of their own, which end with the test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ListenUnixOptions } from "sockinfo/unix";
import { onTestFinished } from "vitest";

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
}

/** Another user than the one who runs the tests. */
export const STRANGER: Identity = { uid: 1234, gid: 2345 };

export interface Settings {
  readonly where: string;
  readonly options?: ListenUnixOptions;
  readonly umask?: number;
  /** Whom it becomes before it listens. */
  readonly as?: Identity;
}

/** What came of listening: where it does, or the error. */
export interface Report {
  readonly pid: number;
  readonly address?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly message?: string;
}

export interface Child<R> {
  /** Its next line. */
  readonly next: () => Promise<R>;
  readonly tell: (command: string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly stderr: () => string;
  /** Status and signal. */
  readonly ended: Promise<unknown[]>;
}

/** `through` is the program that starts it, with its parameters. */
export function startDaemon(settings: Settings, through: readonly string[] = []): Child<Report> {
  return startChild("daemon.mjs", [JSON.stringify(settings)], through);
}

export function startChild<R>(file: string, parameters: readonly string[], through: readonly string[] = []): Child<R> {
  const path = join(import.meta.dirname, "programs", file);
  const [program, ...rest] = [...through, process.execPath, path, ...parameters] as [string, ...string[]];
  const child = spawn(program, rest, { stdio: "pipe" });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (complaints += text));
  // It may have ended.
  child.stdin.on("error", () => {});
  onTestFinished(() => {
    child.stdin.destroy();
    child.kill("SIGKILL");
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it has ended: ${complaints}`);
      return JSON.parse(value);
    },
    tell: (command) => void child.stdin.write(`${command}\n`),
    kill: (signal) => void child.kill(signal),
    stderr: () => complaints,
    ended: once(child, "close"),
  };
}
