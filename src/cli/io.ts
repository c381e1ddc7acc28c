// The streams of the process, as commands use them.
import process from "node:process";
import { clean } from "./clean";
import type { Io } from "./command";

const LONGEST_MESSAGE = 2000;

export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  stdout.on("error", endOfOutput);
  // Nothing can be said any more.
  stderr.on("error", () => {});
  return {
    stdin,
    stdout,
    stderr,
    env,
    print: (...lines) => void (lines.length > 0 && stdout.write(`${lines.join("\n")}\n`)),
    printError: (message) => void stderr.write(`sockinfo: ${cleanLines(message)}\n`),
  };
}

/** Messages of errors may have several lines, and may quote what the user or the system wrote. */
export function cleanLines(message: string): string {
  return message
    .slice(0, LONGEST_MESSAGE)
    .split("\n")
    .map((line) => clean(line, LONGEST_MESSAGE))
    .join("\n");
}

/** The reader of a pipe has all that it wants (`| head`), or the disk is full. */
function endOfOutput(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`sockinfo: can't write: ${cleanLines(error.message)}\n`);
  process.exit(1);
}
