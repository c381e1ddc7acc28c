// The traffic that dashboards/grafana.svg shows. A real Prometheus watches two servers while their clients meet a lossy
// path, a slow path, and a server that does not accept. Runs in a network namespace of its own. Arguments: the program
// of network-path.cc, and a folder with key.pem and cert.pem, for files. Prints what Prometheus answered.
import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { askRanges, startPrometheus, waitFor } from "./prometheus.mjs";
import { RULES } from "./queries.mjs";
import { Site } from "./site.mjs";

const [, , program = "", folder = ""] = process.argv;

const SHOWN_SECONDS = 120;
/** What is not shown, so that the first rates are those of a whole window. */
const WARM_UP_SECONDS = 15;
const BACKLOG = 32;

execFileSync("ip", ["link", "set", "lo", "up"]);
const near = await Site.open(program, folder, {
  job: "http",
  port: 8080,
  metricsPort: 9101,
  path: "path=0 delay=12 jitter=3",
  backlog: BACKLOG,
  className: "near",
  afterClose: true,
});
const far = await Site.open(program, folder, {
  job: "https",
  port: 8443,
  metricsPort: 9102,
  path: "path=1 delay=45 jitter=10",
  backlog: 2 * BACKLOG,
  className: "far",
  afterClose: true,
});
const prometheus = await startPrometheus(folder, RULES, { http: 9101, https: 9102 });
for (const { job } of [near, far]) await waitFor(`sockinfo_accept_queue_limit{job="${job}"}`);

for (const site of [near, far]) for (let visitor = 0; visitor < 10; visitor++) void keepVisiting(site);
await wait(WARM_UP_SECONDS * 1000);
const start = Math.floor(Date.now() / 1000);
const at = async (/** @type {number} */ second) => wait((start + second) * 1000 - Date.now());

await at(10);
await far.path.set("loss=6 losslength=2");
await at(35);
await far.path.set("loss=0");
const readers = await Promise.all([1, 2, 3].map(startSlowReader));
await at(55);
for (const reader of readers) await reader.end("client-reset");
await near.path.set("rate=2500 queue=90000");
await at(80);
await near.path.set("rate=0");
await at(94);
while (Date.now() / 1000 < start + 106) await fillQueue();
await at(SHOWN_SECONDS + 1);

console.log(JSON.stringify(await askRanges({ start, end: start + SHOWN_SECONDS, step: 1 }, "8s")));
prometheus.kill();
for (const site of [near, far]) site.close();
process.exit();

/** One client after the other. @param {Site} site */
async function keepVisiting({ clients }) {
  for (;;) {
    await wait(2000 * Math.random());
    const chance = Math.random();
    const ending = chance < 0.1 ? "client-reset" : chance < 0.25 ? "server-end" : "client-end";
    const client = await clients.dial();
    const least = ending === "server-end" ? 1 : 0;
    for (let left = least + Math.floor(12 * Math.random()); left > 0; left--) {
      await wait(600 * Math.random());
      await client.get(`/bytes/${Math.floor(60_000 * Math.random())}`, ending === "server-end" && left === 1);
    }
    await client.end(ending);
  }
}

/** A client that asks for much and reads nothing. */
async function startSlowReader() {
  const client = await near.clients.dial();
  client.send("/bytes/8000000").pause();
  return client;
}

/** The server stops for a moment, while more clients come than its queue holds. */
async function fillQueue() {
  const dial = (/** @type {number} */ count) => Array.from({ length: count }, () => near.clients.dial());
  near.server.kill("SIGSTOP");
  // With more clients at once, the kernel would use SYN cookies, and its first round-trip times would be wrong.
  const first = await Promise.all(dial(BACKLOG / 2));
  const second = await Promise.all(dial(BACKLOG / 2 + 1));
  const late = dial(6);
  await wait(300);
  near.server.kill("SIGCONT");
  for (const client of [...first, ...second, ...(await Promise.all(late))]) {
    await client.get("/bytes/1000");
    await client.end("client-end");
  }
}
