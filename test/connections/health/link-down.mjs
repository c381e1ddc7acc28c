// Watches connections while nothing can leave this machine, in a network namespace of its own. The argument is what
// happens to the network. Prints what was said about each client, and the verdict of the last second.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { diagnoseTcp, getTcpInfo } from "sockinfo";
import { trackConnections, watchHealth } from "sockinfo/connections";

/** How the network goes, and how it comes back. @type {Record<string, [string[], string[]]>} */
const OUTAGES = {
  route: [["rule del pref 0"], ["rule add pref 0 lookup local"]],
  link: [
    ["rule del pref 0", "link set lo down"],
    ["link set lo up", "rule add pref 0 lookup local"],
  ],
};
const [down, up] = OUTAGES[process.argv[2] ?? ""] ?? [[], []];
/** @param {string[]} commands */
const ip = (...commands) => commands.forEach((command) => execFileSync("ip", command.split(" ")));
ip("link set lo up");

const server = createServer({ keepAliveTimeout: 0 }, (req, res) => {
  if (req.url === "/idle") res.end("ok");
  else if (req.url === "/flood") res.end(Buffer.alloc(20_000_000));
  else {
    const timer = setInterval(() => res.write("data: tick\n\n"), 100);
    res.once("close", () => clearInterval(timer));
  }
});
const tracker = trackConnections(server);
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const watcher = watchHealth(tracker, { everyMs: 1000 });
/** What was said about each client, by its port. @type {Map<unknown, string[]>} */
const told = new Map();
for (const event of /** @type {const} */ (["began", "ended"])) {
  watcher.on(event, (/** @type {any} */ { remote }, /** @type {string} */ condition) => {
    told.set(remote.port, [...(told.get(remote.port) ?? []), `${event} ${condition}`]);
  });
}

/** @param {string} url @param {boolean} reads */
async function request(url, reads) {
  const client = connect(port, "127.0.0.1").on("error", () => {});
  await once(client, "connect");
  client.write(`GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return reads ? client.resume() : client.pause();
}

/** @param {import("node:net").Socket} client */
const about = (client) => told.get(client.localPort) ?? [];
/** @param {import("node:net").Socket} client @param {string} word */
async function until(client, word) {
  while (!about(client).includes(word)) await wait(20);
}

/** The kernel's count of packets that had no way out. */
function countPacketsWithoutRoute() {
  const [names = "", values = ""] = readFileSync("/proc/self/net/snmp", "utf8").split("\n");
  return Number(values.split(" ")[names.split(" ").indexOf("OutNoRoutes")]);
}

const clients = {
  events: await request("/events", true),
  idle: await request("/idle", true),
  stopped: await request("/flood", false),
};
/** @param {import("node:net").Socket} client */
const accepted = (client) =>
  [...tracker].find(({ remote }) => remote?.family !== "unix" && remote?.port === client.localPort);
/** @param {import("node:net").Socket} client */
const tcpInfoOf = (client) =>
  /** @type {import("sockinfo").LinuxTcpInfo} */ (getTcpInfo(accepted(client)?.socket ?? 0));
const everyClient = (/** @type {(client: import("node:net").Socket) => unknown} */ of) =>
  Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, of(client)]));

await until(clients.stopped, "began slow-reader");
const before = everyClient(about);
const countBefore = countPacketsWithoutRoute();
// What is in flight when the network goes would wait for an answer, and not for its first sending.
while (tcpInfoOf(clients.events).unackedSegments !== 0) await wait(1);
ip(...down);
await until(clients.events, "began stalled");
await until(clients.stopped, "began stalled");
const gone = everyClient(about);

/** A look of its own at each, over one second. @type {Map<unknown, import("sockinfo").TcpInfo>} */
const readings = new Map();
for (const client of Object.values(clients)) readings.set(client, tcpInfoOf(client));
const beginMs = performance.now();
await wait(1000);
const verdicts = everyClient((client) => {
  const info = tcpInfoOf(client);
  const earlier = /** @type {import("sockinfo").TcpInfo} */ (readings.get(client));
  const { verdict, cause, sentence } = diagnoseTcp(earlier, info, { intervalMs: performance.now() - beginMs });
  const { unackedSegments, notSentBytes, unansweredProbes } = info;
  return { verdict, cause, sentence, unackedSegments, notSentBytes, unansweredProbes };
});
const packetsWithoutRoute = countPacketsWithoutRoute() - countBefore;
ip(...up);
await until(clients.events, "ended stalled");
await until(clients.stopped, "ended stalled");
console.log(JSON.stringify({ before, gone, verdicts, packetsWithoutRoute, back: everyClient(about) }));
process.exit();
