// A user's machine: an empty home, none of our configuration, and a PATH with Node but without a compiler.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";

/** The programs that the installers' shell scripts use. */
const PROGRAMS = ["basename", "cat", "dirname", "env", "mkdir", "rm", "sed", "sh", "tr", "uname"];
/** The programs that a build would call first. */
const BUILD_TOOLS = ["cc", "c++", "clang", "cmake", "g++", "gcc", "make", "node-gyp", "python", "python3"];

export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Runs a program. `user` needs root. */
  run(folder: string, command: readonly string[], user?: { uid: number; gid: number }): Promise<Ending>;
  runNode(folder: string, ...parameters: string[]): Promise<Ending>;
  runNpm(folder: string, ...parameters: string[]): Promise<Ending>;
  /** The build tools that were called. Every call failed. */
  calledBuildTools(): string[];
}

export function newMachine(node: string = process.execPath): Machine {
  const folder = mkdtempSync(join(inject("work"), "machine-"));
  const [home, bin, calls] = [join(folder, "home"), join(folder, "bin"), join(folder, "calls")];
  mkdirSync(home);
  mkdirSync(bin);
  symlinkSync(node, join(bin, "node"));
  for (const program of PROGRAMS) linkProgram(program, bin);
  for (const tool of BUILD_TOOLS) {
    writeFileSync(join(bin, tool), `#!/bin/sh\necho ${tool} >> '${calls}'\nexit 1\n`);
    chmodSync(join(bin, tool), 0o755);
  }
  const env = { HOME: home, PATH: bin, LC_ALL: "C", NO_COLOR: "1" };

  async function run(cwd: string, [file, ...parameters]: readonly string[], user = {}): Promise<Ending> {
    const child = spawn(file as string, parameters, {
      cwd,
      env,
      ...user,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 100_000,
    });
    const ended = new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", reject).once("close", (...ending) => resolve(ending));
    });
    const [stdout, stderr, [status, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { status, signal, stdout: stdout.trim(), stderr: stderr.trim() };
  }

  return {
    run,
    runNode: (cwd, ...parameters) => run(cwd, [node, ...parameters]),
    runNpm: (cwd, ...parameters) => run(cwd, [node, inject("npm"), ...parameters]),
    calledBuildTools: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
}

function linkProgram(name: string, bin: string): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const folder = folders.find((candidate) => existsSync(join(candidate, name)));
  if (folder !== undefined) symlinkSync(join(folder, name), join(bin, name));
}
