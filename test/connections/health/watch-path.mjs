// Watches connections over network-path.cc, in a network namespace of its own. The arguments are the path's program and
// the scenario. Prints what the watcher said about each client, and what the path did meanwhile.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { trackConnections, watchHealth } from "sockinfo/connections";
import { openPath } from "../helpers/open-path.mjs";

const [, , program = "", scenario = ""] = process.argv;
const EVERY_MS = 1000;

const server = createServer({ keepAliveTimeout: 0 }, (req, res) => {
  if (req.url === "/idle") res.end("ok");
  else if (req.url === "/flood") res.end(Buffer.alloc(20_000_000));
  else {
    // About ten segments each 25 ms.
    const timer = setInterval(() => res.write(Buffer.alloc(14_000)), 25);
    res.once("close", () => clearInterval(timer));
  }
});
const tracker = trackConnections(server);
server.listen(0, "0.0.0.0");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const { path, dropEach } = await openPath(program, port);

const watcher = watchHealth(tracker, { everyMs: EVERY_MS });
/** What was said about each client, by its port: "began stalled". @type {Map<number, string[]>} */
const told = new Map();
/** @param {import("sockinfo/connections").Connection} connection @param {string} line */
function keep({ remote }, line) {
  const client = /** @type {{ port: number }} */ (remote).port;
  told.set(client, [...(told.get(client) ?? []), line]);
}
watcher.on("began", (connection, condition) => keep(connection, `began ${condition}`));
watcher.on("ended", (connection, condition) => keep(connection, `ended ${condition}`));

/** @param {string} url @param {boolean} reads */
async function request(url, reads) {
  const client = connect(port, "10.9.0.2").on("error", () => {});
  await once(client, "connect");
  client.write(`GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return reads ? client.resume() : client.pause();
}

/** @param {import("node:net").Socket} client */
const about = (client) => told.get(client.localPort ?? 0) ?? [];

/** @param {import("node:net").Socket} client @param {string} word */
async function until(client, word) {
  while (!about(client).includes(word)) await wait(20);
}

/** @type {Record<string, () => Promise<object>>} */
const SCENARIOS = {
  /** The path is gone for a while: nothing arrives in either direction. */
  async gone() {
    const [reading, idle, stopped] = [
      await request("/events", true),
      await request("/idle", true),
      await request("/flood", false),
    ];
    await until(stopped, "began slow-reader");
    const before = { reading: about(reading), idle: about(idle), stopped: about(stopped) };
    path.kill("SIGSTOP");
    await until(reading, "began stalled");
    await until(stopped, "began stalled");
    const gone = { reading: about(reading), idle: about(idle), stopped: about(stopped) };
    path.kill("SIGCONT");
    await until(reading, "ended stalled");
    await until(stopped, "ended stalled");
    stopped.resume();
    await until(stopped, "ended slow-reader");
    return { before, gone, back: { reading: about(reading), idle: about(idle), stopped: about(stopped) } };
  },

  /** One burst is lost. Later, each 20th segment is. */
  async losses() {
    const reading = await request("/events", true);
    await wait(2.5 * EVERY_MS);
    await dropEach(2);
    await wait(0.1 * EVERY_MS);
    const burst = await dropEach(0);
    await wait(4 * EVERY_MS);
    const afterBurst = about(reading);
    await dropEach(20);
    await until(reading, "began lossy");
    const losses = await dropEach(0);
    await until(reading, "ended lossy");
    return { burst, afterBurst, losses, atEnd: about(reading) };
  },
};

console.log(JSON.stringify(await SCENARIOS[scenario]?.()));
path.kill("SIGKILL");
process.exit();
