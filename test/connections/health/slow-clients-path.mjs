// Runs examples/slow-clients over network-path.cc, in a network namespace of its own. The arguments are the path's
// program and the example. Prints the example's lines, and the sizes of the events that its clients got meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

const [, , program = "", example = ""] = process.argv;
const PORT = 3000;

const env = { ...process.env, PORT: String(PORT), EVERY_MS: "1000" };
const server = spawn(process.execPath, [example], { env, stdio: ["ignore", "pipe", "pipe"] });
await once(server.stderr, "data");
/** @type {{ id: number, began?: string, ended?: string, closeReason?: string }[]} */
const log = [];
createInterface(server.stdout).on("line", (line) => log.push(JSON.parse(line)));
const path = spawn(program, [String(PORT)], { stdio: ["pipe", "pipe", "inherit"] });
await once(path.stdout, "data");

/** A client that keeps the sizes of the events that it reads. */
async function subscribe() {
  const client = connect(PORT, "10.9.0.2").on("error", () => {});
  await once(client, "connect");
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  /** @type {number[]} */
  const sizes = [];
  createInterface(client).on("line", (line) => line.startsWith("data: ") && sizes.push(line.length));
  return { client, sizes };
}

/** Waits for a line of the example. @param {object} wanted */
async function until(wanted) {
  const fits = (/** @type {object} */ line) =>
    Object.entries(wanted).every(([key, value]) => Reflect.get(line, key) === value);
  while (!log.some(fits)) await wait(20);
}

/** Waits until a client has read so many more events. @param {number[]} sizes @param {number} count */
async function more(sizes, count) {
  const enough = sizes.length + count;
  while (sizes.length < enough) await wait(20);
}

const reading = await subscribe(); // 1
const slow = await subscribe(); // 2
await more(slow.sizes, 3);
slow.client.pause();
await until({ id: 2, began: "slow-reader" });
slow.client.resume();
// First comes what was on its way.
while ((slow.sizes.at(-1) ?? Infinity) > 1000) await wait(20);
const degraded = slow.sizes.length - 1;
await until({ id: 2, ended: "slow-reader" });
await more(slow.sizes, 5);

path.kill("SIGSTOP");
// After the tracker's line about the end.
await until({ id: 1, ended: "stalled" });
await until({ id: 2, ended: "stalled" });
console.log(
  JSON.stringify({
    log,
    reading: reading.sizes,
    slow: slow.sizes.slice(degraded),
  }),
);
path.kill("SIGKILL");
server.kill("SIGKILL");
process.exit();
