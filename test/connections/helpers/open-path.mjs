// Starts network-path.cc for a script that runs in a network namespace of its own.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Resolves when the path is up. `dropEach(n)` drops each nth segment with data of the server: 0 drops none, 1 drops
 * all. `set("loss=1 delay=20")` changes any settings. Like `counts()`, both resolve to the path's counts since the last
 * call.
 *
 * @param {string} program
 * @param {number} port The server's.
 * @param {string[]} settings Those at the start.
 */
export async function openPath(program, port, ...settings) {
  const path = spawn(program, [String(port), ...settings], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(path.stdout)[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value);
  await answer();
  /** @param {string} line */
  const tell = (line) => {
    path.stdin.write(`${line}\n`);
    return answer();
  };
  const dropEach = (/** @type {number} */ n) => tell(`drop=${n}`);
  return { path, dropEach, set: tell, counts: () => tell("counts") };
}
