// Runs the recipe of docs/guides/drop-dead-clients.md over network-path.cc, in a network namespace of its own. Its
// arguments are the path's program and the recipe's file. Prints the recipe's verdicts on each connection while its
// peer is idle, slow or dead.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { subscribe } from "node:diagnostics_channel";
import { pathToFileURL } from "node:url";
import { getTcpInfo } from "sockinfo";

const [, , program = "", recipe = ""] = process.argv;
/** The port that the recipe listens on. */
const PORT = 3000;
/** The recipe keeps nothing from one look to the next, so it may look more often than once a second. */
const LOOKS_PER_SECOND = 5;

/** The server's sockets, in the order of their connections' ids. @type {import("node:net").Socket[]} */
const sockets = [];
subscribe("net.server.socket", (message) => {
  sockets.push(/** @type {{ socket: import("node:net").Socket }} */ (message).socket);
});

/** The recipe's verdicts since `verdicts.clear()`, by connection. @type {Map<number, string[]>} */
const verdicts = new Map();
const { log } = console;
console.log = (id, verdict) => verdicts.set(id, [...(verdicts.get(id) ?? []), verdict]);

const path = spawn(program, [String(PORT)], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface(path.stdout)[Symbol.asyncIterator]();
await lines.next();
const { setInterval } = globalThis;
/** @type {(run: () => void, ms: number) => NodeJS.Timeout} */
const setShorterInterval = (run, ms) => setInterval(run, ms / LOOKS_PER_SECOND);
Object.assign(globalThis, { setInterval: setShorterInterval });
await import(pathToFileURL(recipe).href);

/**
 * Makes a connection whose answer is read only by `read()`. Connections are made one by one, so their ids count from
 * 1.
 */
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

/** All verdicts on a connection during one second from now on, and its TCP_INFO then. @param {number} id */
async function look(id) {
  verdicts.clear();
  while ((verdicts.get(id)?.length ?? 0) < LOOKS_PER_SECOND) await wait(20);
  return { verdicts: verdicts.get(id), info: getTcpInfo(/** @type {import("node:net").Socket} */ (sockets[id - 1])) };
}

/** Waits for a verdict on a connection. @param {number} id @param {string} word */
async function until(id, word) {
  const isSaid = () => verdicts.get(id)?.includes(word);
  while (!isSaid()) await wait(20);
}

/** Makes the path drop each nth segment with data of the server. @param {number} n */
async function dropEach(n) {
  path.stdin.write(`drop=${n}\n`);
  await lines.next();
}

await read(await request()); // 1
await until(1, "idle");
const idle = await look(1);

// From now on the path drops all data of the server, and no other segment.
await dropEach(1);
await request(); // 2
await until(2, "dead");
const unanswered = await look(2);
await dropEach(0);

const reader = await request(); // 3
await until(3, "slow");
const slow = await look(3);

// The path stops, so nothing arrives at all: the slow reader and an idle peer are gone.
await read(await request()); // 4
await until(4, "idle");
path.kill("SIGSTOP");
const idleGone = await look(4);
await until(3, "dead");
const slowGone = await look(3);

path.kill("SIGCONT");
await until(3, "slow");
await read(reader);
await until(3, "idle");
const back = await look(3);

log(JSON.stringify({ idle, unanswered, slow, idleGone, slowGone, back }));
path.kill("SIGKILL");
process.exit();
