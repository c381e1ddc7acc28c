// A real cluster, collected by prom-client's AggregatorRegistry.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { root } from "../helpers/docs";
import { readSsListener } from "../helpers/ss";
import { parse, type Series, sum } from "./scrape";

const script = join(root, "test/prometheus/cluster-server.mjs");

interface Cluster {
  readonly port: number;
  readonly scrape: () => Promise<Series>;
  /** What each worker alone reports. */
  readonly scrapeWorkers: () => Promise<Series[]>;
}

async function startCluster(policy: string): Promise<Cluster> {
  const primary = spawn(process.execPath, [script, policy], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(async () => {
    primary.stdin.end("stop\n");
    if (primary.exitCode === null) await once(primary, "exit");
  });
  const lines = createInterface({ input: primary.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const port = Number(await next());
  const scrape = async () => {
    primary.stdin.write("scrape\n");
    return parse(JSON.parse(await next()) as string);
  };
  const scrapeWorkers = async () => {
    primary.stdin.write("workers\n");
    return (JSON.parse(await next()) as string[]).map(parse);
  };
  return { port, scrape, scrapeWorkers };
}

const QUANTILES = ["sockinfo_tcp_rtt_p50_seconds", "sockinfo_tcp_rtt_p99_seconds"];

/** One request on a connection that stays open. Returns the process that has answered. */
async function request(port: number): Promise<[socket: Socket, worker: string]> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  return [socket, answer.toString().split("\r\n\r\n")[1] ?? ""];
}

describe.each(["rr", "none"])("scheduling policy %s", (policy) => {
  test("the workers' connections, bytes and histograms add up, and quantiles are the greatest", async () => {
    const { port, scrape, scrapeWorkers } = await startCluster(policy);
    const answers: [Socket, string][] = [];
    const workers = new Set<string>();
    // With SCHED_NONE, the kernel chooses the worker.
    const leastWorkers = policy === "rr" ? 3 : 1;
    while (answers.length < 30 || workers.size < leastWorkers) {
      const answer = await request(port);
      answers.push(answer);
      workers.add(answer[1]);
    }
    const series = await scrape();
    expect(sum(series, "sockinfo_connections")).toBe(answers.length);
    expect(series.get('sockinfo_connections{state="idle"}')).toBe(answers.length);
    expect(series.get("sockinfo_connections_opened_total")).toBe(answers.length);
    if (!lacks("linux")) {
      const written = answers.reduce((total, [socket]) => total + socket.bytesWritten, 0);
      expect(series.get('sockinfo_tcp_bytes_total{direction="received"}')).toBe(written);
    }
    const [p50 = NaN, p99 = NaN] = QUANTILES.map((name) => series.get(name));
    expect(p50).toBeLessThanOrEqual(p99);

    // A late ACK changes the round-trip times. So this waits until two scrapes agree.
    let [total, own, again] = [await scrape(), await scrapeWorkers(), await scrape()];
    while (QUANTILES.some((name) => total.get(name) !== again.get(name))) {
      [total, own, again] = [again, await scrapeWorkers(), await scrape()];
    }
    for (const name of QUANTILES) {
      const values = own.map((one) => one.get(name)).filter((value) => value !== undefined);
      expect(values).toHaveLength(workers.size);
      expect(total.get(name)).toBe(Math.max(...values));
    }

    for (const [socket] of answers) socket.end();
    let after = await scrape();
    while (sum(after, "sockinfo_connections") > 0) after = await scrape();
    expect(sum(after, "sockinfo_connections_closed_total")).toBe(answers.length);
    expect(after.get("sockinfo_connection_requests_sum")).toBe(answers.length);
    expect(after.get("sockinfo_connection_duration_seconds_count")).toBe(answers.length);
  });
});

describe.skipIf(lacks("linux", "ss"))("the accept queue", () => {
  test("that the workers share counts once", async () => {
    const { port, scrape } = await startCluster("none");
    const series = await scrape();
    expect(series.get("sockinfo_accept_queue_limit")).toBe(readSsListener(port).sendQ);
    expect(series.get("sockinfo_accept_dropped_syns_total")).toBe(0);
  });

  test("is left out where the primary process accepts", async () => {
    const { scrape } = await startCluster("rr");
    expect([...(await scrape()).keys()].filter((name) => name.includes("accept_queue"))).toEqual([]);
  });
});
