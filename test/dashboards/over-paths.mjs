// A real Prometheus watches two servers, to which clients come over paths with loss and delay. Runs in a network
// namespace of its own. Arguments: the program of network-path.cc, and a folder with key.pem and cert.pem, for files.
// Prints what Prometheus answered, and what the clients and the paths counted.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { ask, askAlerts, askRanges, startPrometheus, waitFor } from "./prometheus.mjs";
import { RULES } from "./queries.mjs";
import { Site } from "./site.mjs";

const [, , program = "", folder = ""] = process.argv;

/**
 * The queue holds one more. Fewer clients than this may come at once. For more, the kernel uses SYN cookies, and its
 * first round-trip time is then wrong by up to a second.
 */
const BACKLOG = 32;

execFileSync("ip", ["link", "set", "lo", "up"]);
const sites = [
  // Each 20th segment of the server with data is lost. Some are sent again after the server has closed.
  await Site.open(program, folder, {
    job: "http",
    port: 8080,
    metricsPort: 9101,
    path: "path=0 delay=15 drop=20",
    backlog: BACKLOG,
    hasClasses: true,
    afterClose: true,
  }),
  // Nothing is lost, so the last reading before the close has everything.
  await Site.open(program, folder, { job: "https", port: 8443, metricsPort: 9102, path: "path=1 delay=40" }),
];
const [http] = /** @type {[Site, Site]} */ (/** @type {unknown} */ (sites));
const startedAt = Math.floor(Date.now() / 1000);
const prometheus = await startPrometheus(folder, RULES, { http: 9101, https: 9102 });

for (const { job } of sites) await waitFor(`sockinfo_accept_queue_limit{job="${job}"}`);
await seeClasses();
const live = await Promise.all(sites.map(watchLive));
await Promise.all(sites.map(comeAndGo));
await Promise.all(sites.map(leaveAtOnce));
const queue = await fillQueue();
await http.settle();
await http.restart();
await seeClasses();
await comeAndGo(http);
await Promise.all(sites.map((site) => site.settle()));

const report = await Promise.all(
  sites.map(async (site, index) => ({
    live: live[index],
    end: await site.answer(),
    lives: site.clients.lives,
    seen: site.seen,
    falls: await site.falls(),
  })),
);
console.log(
  JSON.stringify({
    http: report[0],
    https: report[1],
    queue,
    cookies: namespaceCount("SyncookiesSent"),
    duplicates: namespaceCount("TCPDSACKRecvSegs"),
    alerts: await askAlerts(),
    shown: await askRanges({ start: startedAt, end: Math.floor(Date.now() / 1000), step: 1 }, "5s"),
  }),
);
prometheus.kill();
for (const site of sites) site.close();

/** A counter that Prometheus first sees when it is not 0 has lost what came before. So the classes come first. */
async function seeClasses() {
  const clients = [await http.clients.dial(), await http.clients.dial()];
  await waitFor('count(sockinfo_tcp_sent_segments_total{job="http", class=~"odd|even"} == 0) == 2');
  await Promise.all(clients.map((client) => client.end("client-end")));
}

/** One client of each kind, and one that does not read. @param {Site} site */
async function watchLive(site) {
  const { clients } = site;
  const idle = [await clients.dial(), await clients.dial()];
  for (const client of idle) await client.get("/bytes/1000");
  const hanging = await clients.dial();
  hanging.send("/hang");
  const fresh = await clients.dial();
  const slow = await clients.dial();
  slow.send("/bytes/8000000").pause();
  await waitFor(`sum(sockinfo_connections{job="${site.job}", state="active"}) == 2`);
  await site.pathIsQuiet();
  const stoppedAt = performance.now();
  await waitFor(`sum(sockinfo_tcp_limited_seconds_total{job="${site.job}", by="receiver"}) > 2`);
  const answers = await site.answer();
  const queuedBytes = site.queuedBytes();
  const metrics = await site.metrics();
  const slowSeconds = (performance.now() - stoppedAt) / 1000;
  const everyone = [...idle, hanging, fresh];
  await Promise.all([...everyone.map((client) => client.end("client-end")), slow.end("client-reset")]);
  return { answers, queuedBytes, metrics, slowSeconds };
}

/** @param {Site} site */
async function comeAndGo({ clients, options }) {
  const several = (/** @type {number} */ count, /** @type {Parameters<typeof clients.visit>[0]} */ visit) =>
    Array.from({ length: count }, () => clients.visit(visit));
  await Promise.all([
    ...several(6, { requests: 3, bytes: 60_000 }),
    // Most of a large last response is sent after the server has closed, and only afterClose counts it.
    ...several(3, { requests: 2, bytes: options.afterClose ? 60_000 : 1000, ending: "server-end" }),
    ...several(2, { ending: "client-reset" }),
    ...several(2, { requests: 0 }),
  ]);
}

/** While these connections close, the metrics are read as often as possible. @param {Site} site */
async function leaveAtOnce(site) {
  const clients = await Promise.all(Array.from({ length: 30 }, () => site.clients.dial()));
  await Promise.all(clients.map((client) => client.get("/bytes/1000")));
  const over = new AbortController();
  const all = Promise.all(clients.map((client) => client.end("client-end"))).then(() => over.abort());
  while (!over.signal.aborted) await site.metrics();
  await all;
}

/** Clients come while the server is stopped, until Prometheus has seen its queue. */
async function fillQueue() {
  const since = Date.now() / 1000;
  const drops = namespaceCount("ListenDrops");
  let longest = 0;
  while (longest === 0) {
    const dropsBefore = namespaceCount("ListenDrops");
    http.server.kill("SIGSTOP");
    const clients = [];
    for (let place = 0; place <= BACKLOG; place++) clients.push(await http.clients.dial());
    const late = Array.from({ length: 4 }, () => http.clients.dial());
    while (namespaceCount("ListenDrops") - dropsBefore < 4) await wait(10);
    http.server.kill("SIGCONT");
    await Promise.all([...clients, ...(await Promise.all(late))].map((client) => client.end("client-end")));
    const [lengths] = await ask('sockinfo_accept_queue_length{job="http"}[5m]');
    longest = Math.max(...(lengths?.values ?? []).map(([time, length]) => (time > since ? length : 0)));
  }
  return { longest, drops: namespaceCount("ListenDrops") - drops };
}

/** What the kernel has counted for all sockets of this namespace. @param {string} name */
function namespaceCount(name) {
  const [names = "", values = ""] = readFileSync("/proc/self/net/netstat", "utf8").split("\n");
  return Number(values.split(" ")[names.split(" ").indexOf(name)]);
}
