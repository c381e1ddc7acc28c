// Another user that tries to connect without end. Prints the outcomes, counted, for each line of stdin.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [, , path = "", uid] = process.argv;
process.setgroups?.([]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));

/** @type {Record<string, number>} */
const seen = {};

/** @param {string} outcome */
const count = (outcome) => void (seen[outcome] = (seen[outcome] ?? 0) + 1);

function tryOnce() {
  connect({ path })
    .on("connect", () => count("connected"))
    .on("error", (/** @type {NodeJS.ErrnoException} */ error) => count(error.code ?? error.message))
    .once("close", tryOnce)
    .resume();
}

for (let chain = 0; chain < 4; chain++) tryOnce();

createInterface(process.stdin)
  .on("line", () => console.log(JSON.stringify(seen)))
  .on("close", () => process.exit());
