// The streams of the process, as commands use them.
import process from "node:process";
import { clean } from "./clean";
import type { Color, Io } from "./command";

const LONGEST_MESSAGE = 2000;

/** Select Graphic Rendition. */
const SGR: Readonly<Record<Color, number>> = { bold: 1, red: 31, yellow: 33 };

export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  stdout.on("error", endOfOutput);
  // Nothing can be said any more.
  stderr.on("error", () => {});
  // hasColors() knows NO_COLOR and TERM.
  const hasColors = stdout.isTTY && stdout.hasColors();
  return {
    stdin,
    stdout,
    stderr,
    env,
    print: (...lines) => void (lines.length > 0 && stdout.write(`${lines.join("\n")}\n`)),
    paint: (color, line) => (hasColors ? `\x1b[${SGR[color]}m${line}\x1b[0m` : line),
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
