// Runs a list of commands, one for each processor at a time, and prints the output of those that fail.
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { root } from "./node-gyp.mts";

export interface Task {
  readonly name: string;
  readonly command: string;
  readonly parameters: readonly string[];
}

/** Sets the exit code of the script to 1 if a command fails. */
export async function runEach(tasks: readonly Task[]): Promise<void> {
  const queue = [...tasks];
  const work = async () => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await run(task);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

function run({ name, command, parameters }: Task): Promise<void> {
  const start = performance.now();
  return new Promise((resolve) => {
    execFile(command, parameters, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${error ? "FAIL" : "ok  "} ${name} (${seconds} s)`);
      if (error) {
        process.exitCode = 1;
        console.log(stdout, stderr);
      }
      resolve();
    });
  });
}
