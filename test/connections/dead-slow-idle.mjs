// The recipe of docs/guides/drop-dead-clients.md over lossy-path.cc, in a network namespace of its own. Arguments: the program of the path, and
// the recipe's file. Prints what the recipe says of each connection when its peer is known to be idle, slow or dead.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { subscribe } from "node:diagnostics_channel";
import { pathToFileURL } from "node:url";
import { getTcpInfo } from "sockinfo";

const [, , program = "", recipe = ""] = process.argv;
/** The recipe's. */
const PORT = 3000;

/** The server's, in the order of their ids. @type {import("node:net").Socket[]} */
const sockets = [];
subscribe("net.server.socket", (message) => {
  sockets.push(/** @type {{ socket: import("node:net").Socket }} */ (message).socket);
});

/** By connection, what the recipe said since `verdicts.clear()`. @type {Map<number, string[]>} */
const verdicts = new Map();
const { log } = console;
console.log = (id, verdict) => verdicts.set(id, [...(verdicts.get(id) ?? []), verdict]);

const path = spawn(program, [String(PORT)], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface(path.stdout)[Symbol.asyncIterator]();
await lines.next();
await import(pathToFileURL(recipe).href);

/** A connection whose answer is read only by `read()`. Their ids count from 1, as they are made one after the other. */
async function request() {
  const client = connect(PORT, "10.9.0.2").on("error", () => {});
  await once(client, "connect");
  client.pause().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  return client;
}

/** Reads the whole answer. @param {import("node:net").Socket} client */
async function read(client) {
  let length = 0;
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > 20_000_000) return;
  }
}

/** What the recipe says of a connection twice, from now on, and the numbers below. @param {number} id */
async function look(id) {
  verdicts.clear();
  while ((verdicts.get(id)?.length ?? 0) < 2) await wait(20);
  return { verdicts: verdicts.get(id), info: getTcpInfo(/** @type {import("node:net").Socket} */ (sockets[id - 1])) };
}

/** Waits until the recipe has said it. @param {number} id @param {string} word */
async function until(id, word) {
  const isSaid = () => verdicts.get(id)?.includes(word);
  while (!isSaid()) await wait(20);
}

/** What the path does with the server's data: drops each nth segment. @param {number} n */
async function dropEach(n) {
  path.stdin.write(`drop ${n}\n`);
  await lines.next();
}

await read(await request()); // 1
await until(1, "idle");
const idle = await look(1);

// Not a byte of an answer arrives from now on, while the other segments do.
await dropEach(1);
await request(); // 2
await until(2, "dead");
const unanswered = await look(2);
await dropEach(0);

const reader = await request(); // 3
await until(3, "slow");
const slow = await look(3);

// Nothing at all arrives: the slow reader and an idle peer are gone.
await read(await request()); // 4
await until(4, "idle");
path.kill("SIGSTOP");
const idleGone = await look(4);
await until(3, "dead");
const slowGone = await look(3);

path.kill("SIGCONT");
await until(3, "slow");
await read(reader);
const back = await look(3);

log(JSON.stringify({ idle, unanswered, slow, idleGone, slowGone, back }));
path.kill("SIGKILL");
process.exit();
