// What the RTT in a header costs nginx and node:http: requests per second, and CPU time of the server's main thread for
// each request. h2load makes the requests.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readMainThreadCpuNs } from "../connections/main-thread-cpu.mts";
import { shuffled } from "../measure/interleave.mts";
import { ratioRow, valueRow, type Row } from "../report/section.mts";
import { toMarkdown } from "../report/markdown.mts";

const ROUNDS = 100;
const REQUESTS = 2000;
const HEADERS = ["no header", "a constant in a header", "the RTT in a header"];

const file = (name: string): string => join(import.meta.dirname, name);
const folder = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
const programs = {
  nginx: { firstPort: 8080, child: spawn("nginx", ["-p", folder, "-c", file("nginx.conf")], { stdio: "inherit" }) },
  "node:http": {
    firstPort: 8090,
    child: spawn(process.execPath, ["--import", "tsx", file("http-servers.mts")], { stdio: "inherit" }),
  },
};
const servers = Object.entries(programs).flatMap(([name, { firstPort, child }]) =>
  HEADERS.map((header, i) => ({
    name: `${name}, ${header}`,
    base: `${name}, ${HEADERS[0]}`,
    port: firstPort + i,
    pid: child.pid as number,
    perSecond: [] as number[],
    cpuNs: [] as number[],
  })),
);

await sleep(2000);
for (let round = -5; round < ROUNDS; round++) {
  for (const { port, pid, perSecond, cpuNs } of shuffled(servers)) {
    const before = readMainThreadCpuNs(pid);
    const { stdout } = spawnSync("h2load", ["--h1", "-t1", "-c32", `-n${REQUESTS}`, `http://127.0.0.1:${port}/`], {
      encoding: "utf8",
    });
    if (!stdout.includes(`${REQUESTS} succeeded`)) throw new Error(stdout);
    await sleep(5);
    if (round < 0) continue;
    perSecond.push(Number(/([\d.]+) req\/s/.exec(stdout)?.[1]));
    cpuNs.push((readMainThreadCpuNs(pid) - before) / REQUESTS);
  }
}
const children = Object.values(programs).map(({ child }) => child);
for (const child of children) child.kill();
await Promise.all(children.map((child) => once(child, "exit")));
rmSync(folder, { recursive: true });

const rows = (["perSecond", "cpuNs"] as const).flatMap((metric) =>
  servers.map(({ name, base, [metric]: samples }): Row => {
    const what = `${name}: ${metric === "cpuNs" ? "CPU time per request" : "requests per second"}`;
    const unit = metric === "cpuNs" ? "ns" : "/s";
    if (name === base) return valueRow(what, samples, unit);
    const baseSamples = servers.find((server) => server.name === base)?.[metric] ?? [];
    return ratioRow(what, samples, { name: base, samples: baseSamples }, { unit });
  }),
);
console.log(
  toMarkdown([{ title: "The RTT in a header", about: `${ROUNDS} rounds of ${REQUESTS} requests.`, rows }], "by hand"),
);
