// A real Prometheus scrapes two servers to which clients come over paths with loss and delay. Its answers to each query
// of the dashboard, and to each recording rule, are what the clients and the paths have counted.
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { BOUNDARIES } from "../../src/metrics/samples";
import { lacks } from "../helpers/needs";
import type { Life } from "./clients.mjs";
import { drawDashboard } from "./draw-panels.mts";
import { runInNamespace } from "./namespace.mts";
import type { Series, Shown } from "./prometheus.mjs";
import { dashboard, dashboardQueries } from "./queries.mjs";

type Answers = Record<string, Series[]>;

interface SiteReport {
  readonly live: {
    readonly answers: Answers;
    /** By ss. */
    readonly queuedBytes: number;
    readonly metrics: string;
    /** For at least this time, one client did not read. */
    readonly slowSeconds: number;
  };
  readonly end: Answers;
  readonly lives: readonly Life[];
  readonly seen: Readonly<
    Record<
      "segments" | "bytes" | "retransmittedSegments" | "retransmittedBytes" | "droppedSegments" | "strayResets",
      number
    >
  >;
  readonly falls: readonly { readonly labels: Record<string, string>; readonly falls: number }[];
}

interface Report {
  readonly http: SiteReport;
  readonly https: SiteReport;
  readonly queue: { readonly longest: number; readonly drops: number };
  /** Segments of which clients have reported that they came twice, by the kernel. */
  readonly duplicates: number;
  readonly cookies: number;
  readonly alerts: readonly { readonly state: string; readonly labels: Record<string, string> }[];
  /** What the dashboard shows of the whole test. */
  readonly shown: Shown;
}

const WINDOW_SECONDS = 300;

/** What Prometheus must answer, by the name of the query. */
type Expectations = Record<string, (series: Series[]) => void>;

describe.skipIf(lacks("linux", "tun", "compiler", "ss", "prometheus"))("a real Prometheus", () => {
  let report: Report;

  beforeAll(async () => {
    report = (await runInNamespace("over-paths.mjs")) as Report;
  }, 240_000);

  describe.each([
    { job: "http", oneWayMs: 15, restarts: 1, backlog: 32, classes: ["even", "odd"] },
    { job: "https", oneWayMs: 40, restarts: 0, backlog: 511, classes: [""] },
  ] as const)("$job", ({ job, oneWayMs, restarts, backlog, classes }) => {
    const pathRtt = (2 * oneWayMs) / 1000;
    const site = () => report[job];
    const sumOf = (count: (life: Life) => number) => site().lives.reduce((sum, life) => sum + count(life), 0);
    const countOf = (matches: (life: Life) => boolean) => site().lives.filter(matches).length;
    const retransmitted = () => site().seen.retransmittedSegments / site().seen.segments;
    const classOf = ({ port }: Life) => (job === "https" ? "" : port % 2 === 1 ? "odd" : "even");

    /** Between the bounds around the same quantile of what the clients have measured. */
    const durationIsIn =
      (quantile: number): Expectations[string] =>
      (series) => {
        const rank = Math.ceil(quantile * site().lives.length) - 1;
        const [from, to] = ([0, 1] as const).map(
          (end) =>
            site()
              .lives.map(({ seconds }) => seconds[end])
              .toSorted((one, two) => one - two)[rank] as number,
        ) as [number, number];
        expect(only(series)).toBeGreaterThanOrEqual(boundBelow(DURATION_BOUNDS, from));
        expect(only(series)).toBeLessThanOrEqual(boundAbove(DURATION_BOUNDS, to));
      };
    /** The listener also counts resets that come after the end of their connection. */
    const dropped =
      (divisor: number): Expectations[string] =>
      (series) => {
        const syns = job === "http" ? report.queue.drops : 0;
        expect(only(series) * divisor).toBeGreaterThanOrEqual(syns - 0.01);
        expect(only(series) * divisor).toBeLessThanOrEqual(syns + site().seen.strayResets + 0.01);
      };
    /** Prometheus first sees a class when its first connection is open, and so may lose that one. */
    const opened: Expectations[string] = (series) => {
      const { length } = site().lives;
      expect(only(series) * WINDOW_SECONDS).toBeGreaterThan(
        length - classes.filter((name) => name !== "").length - 0.01,
      );
      expect(only(series) * WINDOW_SECONDS).toBeLessThan(length + 0.01);
    };
    const isRtt: Expectations[string] = (series) => {
      expect(only(series)).toBeGreaterThanOrEqual(pathRtt);
      expect(only(series)).toBeLessThan(1);
    };

    test("the dashboard, while clients are there", () => {
      const { answers, queuedBytes } = site().live;
      const waiting = (name: string) => only(answers[`Bytes that wait: ${name}`] ?? []);
      const expectations: Expectations = {
        "Live connections": is(5),
        "Connections by state: {{state}}": by("state", { new: 1, active: 2, idle: 2, hijacked: 0 }),
        "RTT, p90": isRtt,
        "RTT of live connections: median": isRtt,
        "RTT of live connections: p90": isRtt,
        "RTT of live connections: p99": isRtt,
        // The client's kernel has acknowledged all that was sent. What is left has no room there.
        "Bytes that wait: unacknowledged": is(0),
        "Bytes that wait: unsent": is(queuedBytes),
        "Accept queue: {{instance}}: length": is(0),
        "Accept queue: {{instance}}: limit": is(backlog),
      };
      expect(queuedBytes).toBeGreaterThan(0);
      expect(waiting("unsent") + waiting("unacknowledged")).toBe(queuedBytes);
      expectAnswers(answers, expectations);
    });

    test("the dashboard, after all of them have left", () => {
      const { seen, live } = site();
      const connections = site().lives.length;
      const reasons = (ending: Life["ending"]) => countOf((life) => life.ending === ending);
      const rate = (total: number) => total / WINDOW_SECONDS;
      const requestsEach = is(sumOf(({ requests }) => requests) / connections);
      const seconds = (name: string) => (series: Series[]) => (valuesBy("by", series)[name] as number) * WINDOW_SECONDS;

      expectAnswers(site().end, {
        "Live connections": is(0),
        Opened: opened,
        "Opened and closed: opened": opened,
        // The reasons that no connection had are left out.
        "Opened and closed: closed: {{reason}}": by("reason", {
          "client-end": rate(reasons("client-end")),
          "client-reset": rate(reasons("client-reset")),
          "server-end": rate(reasons("server-end")),
        }),
        "Requests per connection": requestsEach,
        "Requests per connection: mean": requestsEach,
        "Connections without a request: share": is(countOf(({ requests }) => requests === 0) / connections),
        "Duration of connections: median": durationIsIn(0.5),
        "Duration of connections: p90": durationIsIn(0.9),
        "Duration of connections: p99": durationIsIn(0.99),
        // One sample of each connection at its end. Some were there when their minute's sample was taken.
        "RTT, distribution: {{le}}": (series) => {
          const counts = valuesBy("le", series);
          expect(counts["+Inf"]).toBeGreaterThanOrEqual(connections);
          expect(counts["+Inf"]).toBeLessThanOrEqual(2 * connections);
          for (const [bound, count] of Object.entries(counts)) if (Number(bound) < pathRtt) expect(count).toBe(0);
          expect(counts["0.3"]).toBeGreaterThan(connections / 2);
        },
        "Shortest RTT and queueing, p90: shortest RTT": (series) => {
          const longest = Math.max(...site().lives.map(({ minRttMs = NaN }) => minRttMs)) / 1000;
          expect(only(series)).toBeGreaterThanOrEqual(boundBelow(RTT_BOUNDS, pathRtt));
          expect(only(series)).toBeLessThanOrEqual(boundAbove(RTT_BOUNDS, longest));
        },
        // The path has no queue. Late acknowledgements and timeouts look like one.
        "Shortest RTT and queueing, p90: queueing": (series) => {
          expect(only(series)).toBeGreaterThanOrEqual(0);
          expect(only(series)).toBeLessThanOrEqual(0.5);
        },
        Retransmitted: is(retransmitted()),
        "Retransmitted segments, by class: retransmitted {{class}}": (series) => {
          expect(Object.keys(valuesBy("class", series)).toSorted()).toEqual(classes);
          // Together they are what the path has seen.
          const ratios = Object.values(valuesBy("class", series));
          expect(Math.min(...ratios)).toBeLessThan(retransmitted() + 1e-9);
          expect(Math.max(...ratios)).toBeGreaterThan(retransmitted() - 1e-9);
        },
        // Another test compares the numbers of segments.
        "Retransmitted segments, by class: spurious {{class}}": (series) => {
          for (const ratio of Object.values(valuesBy("class", series))) {
            expect(ratio).toBeGreaterThanOrEqual(0);
            expect(ratio).toBeLessThan(Math.max(retransmitted(), 0.01));
          }
        },
        "Bytes: {{direction}}": (series) => {
          const bytes = valuesBy("direction", series);
          expect(bytes["sent"]).toBeCloseTo(rate(seen.bytes), 6);
          // After the server's own end, the client's end of TLS may come in time to be counted: 24 bytes.
          const received = (bytes["received"] ?? NaN) * WINDOW_SECONDS - sumOf(({ bytesWritten }) => bytesWritten);
          expect(received).toBeGreaterThanOrEqual(-0.01);
          expect(received).toBeLessThanOrEqual(job === "http" ? 0.01 : 24 * reasons("server-end") + 0.01);
        },
        "Bytes: retransmitted": is(rate(seen.retransmittedBytes)),
        "What limits connections: {{by}}": (series) => {
          const [receiver, network, sendBuffer] = ["receiver", "network", "send_buffer"].map((name) =>
            seconds(name)(series),
          ) as [number, number, number];
          const longest = sumOf((life) => life.seconds[1]);
          expect(receiver).toBeGreaterThanOrEqual(live.slowSeconds - 0.5);
          // Each response takes a round trip at least. The kernel counts in ticks.
          expect(network).toBeGreaterThanOrEqual(sumOf(({ requests }) => requests) * (pathRtt - 0.01));
          expect(receiver + network + sendBuffer).toBeLessThanOrEqual(longest);
        },
        "SYNs dropped": dropped(1),
        "SYNs dropped: {{instance}}": dropped(WINDOW_SECONDS),
      });
      // The clients received each byte once.
      expect(seen.bytes - seen.retransmittedBytes).toBe(sumOf(({ bytesRead }) => bytesRead));
      if (job === "http") expect(seen.droppedSegments).toBeGreaterThan(0);
    });

    test("the recording rules", () => {
      const { seen } = site();
      expectAnswers(site().end, {
        "instance:sockinfo_accept_queue:ratio": is(0),
        "job_class:sockinfo_connections:sum": by("class", Object.fromEntries(classes.map((name) => [name, 0]))),
        "job_class:sockinfo_tcp_sent_segments:rate5m": sum(seen.segments / WINDOW_SECONDS),
        "job_class:sockinfo_tcp_retransmitted_segments:rate5m": sum(seen.retransmittedSegments / WINDOW_SECONDS),
        "job_class:sockinfo_tcp_retransmitted_segments:ratio_rate5m": (series) =>
          expect(Object.keys(valuesBy("class", series)).toSorted()).toEqual(classes),
        "job:sockinfo_connections_closed:rate15m": is(site().lives.length / 900),
        "job:sockinfo_connections_reset:ratio_rate15m": is(
          countOf(({ ending }) => ending === "client-reset") / site().lives.length,
        ),
        "job_class_by:sockinfo_tcp_limited_seconds:rate5m": (series) => expect(series).toHaveLength(3 * classes.length),
        "job_class:sockinfo_tcp_rtt_p90_seconds:avg10m": (series) => {
          for (const value of Object.values(valuesBy("class", series))) expect(value).toBeGreaterThanOrEqual(pathRtt);
        },
      });
    });

    test("the counts of each class are those of its clients", () => {
      const requests = Object.fromEntries(
        classes.map((name) => [name, sumOf((life) => (classOf(life) === name ? life.requests : 0))]),
      );
      by("class", requests)(site().end["requests by class"] ?? []);
    });

    test("no counter went backwards, except at the restart", () => {
      const falls = Object.fromEntries(site().falls.map(({ labels, falls: count }) => [JSON.stringify(labels), count]));
      expect(Object.keys(falls).length).toBeGreaterThan(30);
      for (const count of Object.values(falls)) expect(count).toBeLessThanOrEqual(restarts);
      const ofOpened = site().falls.filter(({ labels }) => labels["__name__"] === "sockinfo_connections_opened_total");
      expect(ofOpened.map(({ falls: count }) => count)).toEqual(classes.map(() => restarts));
    });

    test("promtool finds nothing wrong with the metrics", () => {
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
        input: site().live.metrics,
        encoding: "utf8",
      });
      expect(stdout + stderr).toBe("");
      expect(status).toBe(0);
    });
  });

  test("each query of the dashboard is compared with a count", () => {
    const queries = Object.keys(dashboardQueries("", ""));
    expect(queries.filter((name) => !compared.has(name))).toEqual([]);
  });

  test("each panel of the dashboard draws a series", () => {
    const { series } = drawDashboard(dashboard, report.shown);
    const empty = dashboard.panels.filter(({ type, id }) => type !== "row" && (series.get(id) ?? 0) === 0);
    expect(empty.map(({ title }) => title)).toEqual([]);
  });

  test("spurious retransmissions", () => {
    const spurious = ({ end }: SiteReport) => only(end["spurious segments"] ?? []);
    expect(spurious(report.http) + spurious(report.https)).toBeCloseTo(report.duplicates, 9);
  });

  test("no SYN cookie has made a round-trip time wrong", () => {
    expect(report.cookies).toBe(0);
  });

  test("the queue of the stopped server, and an alert about what it dropped", () => {
    const { queue, alerts } = report;
    expect(queue.drops).toBeGreaterThanOrEqual(4);
    expect(queue.longest).toBeGreaterThan(0);
    expect(queue.longest).toBeLessThanOrEqual(33);
    expect(alerts.filter(({ labels }) => labels["alertname"] !== "SockinfoAcceptQueueFills")).toMatchObject([
      { state: "firing", labels: { alertname: "SockinfoSynsDropped", job: "http", instance: "127.0.0.1:9101" } },
    ]);
  });
});

/** The queries that a test has compared. */
const compared = new Set<string>();

function expectAnswers(answers: Answers, expectations: Expectations): void {
  for (const [name, check] of Object.entries(expectations)) {
    compared.add(name);
    const answer = answers[name];
    expect(answer, name).toBeDefined();
    try {
      check(answer as Series[]);
    } catch (error) {
      throw Object.assign(error as Error, { message: `${name}: ${(error as Error).message}` });
    }
  }
}

function only(series: readonly Series[]): number {
  expect(series).toHaveLength(1);
  return series[0]?.values[0]?.[1] as number;
}

/** Rates are sums of floating-point numbers. */
const is = (value: number) => (series: Series[]) => expect(only(series)).toBeCloseTo(value, 9);

const sum = (value: number) => (series: Series[]) =>
  expect(Object.values(valuesBy("class", series)).reduce((total, one) => total + one, 0)).toBeCloseTo(value, 9);

function valuesBy(label: string, series: readonly Series[]): Record<string, number> {
  return Object.fromEntries(series.map(({ labels, values }) => [labels[label] ?? "", values[0]?.[1] as number]));
}

const by = (label: string, expected: Record<string, number>) => (series: Series[]) => {
  const close = Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 9)]);
  expect(valuesBy(label, series)).toEqual(Object.fromEntries(close));
};

const DURATION_BOUNDS = [0, ...BOUNDARIES.durationSeconds];
const RTT_BOUNDS = [0, ...BOUNDARIES.rttSeconds];

function boundBelow(bounds: readonly number[], value: number): number {
  return bounds.findLast((bound) => bound < value) ?? 0;
}

function boundAbove(bounds: readonly number[], value: number): number {
  return bounds.find((bound) => bound >= value) ?? Infinity;
}
