// The histograms of round-trip times: one sample a minute of each live connection, and one at its end.
import { getTcpInfo, type LinuxTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

const COUNTS = ["rtt", "min_rtt", "queueing"].map((name) => `sockinfo_tcp_${name}_seconds_count`);

describe.skipIf(lacks("linux"))("samples", () => {
  test("are taken once a minute, and once more at the end", async () => {
    // The real event loop goes on: only the wheel's timer is moved.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await open(makeServer("http"));
    const { register, tracker } = observe(server);
    const peers = await Promise.all([1, 2, 3, 4, 5].map(() => connectHttp1(server, "http")));
    for (const peer of peers) await peer.get();
    const counts = async () => {
      const series = await scrape(register);
      return COUNTS.map((name) => series.get(name));
    };
    expect(await counts()).toEqual([0, 0, 0]);
    vi.advanceTimersByTime(60_000);
    await scrapeUntil(register, (series) => series.get(COUNTS[0] as string) === 5);
    expect(await counts()).toEqual([5, 5, 5]);
    vi.advanceTimersByTime(120_000);
    await scrapeUntil(register, (series) => series.get(COUNTS[0] as string) === 15);

    const infos = [...tracker].map(({ socket }) => getTcpInfo(socket) as LinuxTcpInfo);
    const before = await scrape(register);
    for (const peer of peers) peer.end();
    const after = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === 0);
    expect(COUNTS.map((name) => after.get(name))).toEqual([20, 20, 20]);
    // The least round-trip time changes seldom, and the last sample is in seconds.
    const grown = (name: string) => (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
    const minRtt = infos.reduce((total, { minRttMs = NaN }) => total + minRttMs, 0) / 1000;
    expect(grown("sockinfo_tcp_min_rtt_seconds_sum")).toBeLessThanOrEqual(minRtt * 1.001);
    expect(grown("sockinfo_tcp_min_rtt_seconds_sum")).toBeGreaterThan(0);
    const queueing = grown("sockinfo_tcp_rtt_seconds_sum") - grown("sockinfo_tcp_min_rtt_seconds_sum");
    expect(grown("sockinfo_tcp_queueing_seconds_sum")).toBeCloseTo(queueing, 9);
  });

  test("the quantiles are values of the live connections, in seconds", async () => {
    const server = await open(makeServer("http"));
    const { register, tracker } = observe(server);
    const peers = await Promise.all([1, 2, 3].map(() => connectHttp1(server, "http")));
    for (const peer of peers) await peer.get();
    const series = await scrape(register);
    const rtts = [...tracker].map(({ socket }) => (getTcpInfo(socket) as LinuxTcpInfo).rttMs ?? NaN);
    const sorted = rtts.toSorted((one, other) => one - other).map((rttMs) => rttMs / 1000);
    const quantiles = ["p50", "p90", "p99"].map((name) => series.get(`sockinfo_tcp_rtt_${name}_seconds`));
    expect(quantiles).toEqual([sorted[1], sorted[2], sorted[2]]);
    for (const peer of peers) peer.end();
    const after = await scrapeUntil(register, (each) => !each.has("sockinfo_tcp_rtt_p50_seconds"));
    expect(sum(after, "sockinfo_connections")).toBe(0);
  });
});
