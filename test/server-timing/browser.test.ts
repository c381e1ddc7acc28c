// A page in Chromium reads the metrics by `performance.getEntriesByType`: of its own document, and of resources of
// another origin. They are the numbers that the server has read.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { tryGetTcpInfo } from "sockinfo";
import { appendServerTiming } from "sockinfo/server-timing";
import { expect, test } from "vitest";
import { openInBrowser } from "../helpers/browser";
import { isTls, makeServer, open, type Kind } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { portOf, until } from "../helpers/servers";

interface Metric {
  readonly name: string;
  readonly duration: number;
  readonly description: string;
}

/** The metrics by the path of each document or resource. */
type Report = Readonly<Record<string, readonly Metric[]>>;

/** Fetches `others`, and then reports the metrics of everything that was loaded. */
const page = (others: readonly string[]): string => `<!doctype html><script>
  onload = async () => {
    for (const url of ${JSON.stringify(others)}) await (await fetch(url)).text();
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const report = entries.map(({ name, serverTiming }) => [new URL(name).pathname, serverTiming.map((metric) => metric.toJSON())]);
    await fetch("/report", { method: "POST", body: JSON.stringify(Object.fromEntries(report)) });
  };
</script>`;

/** Opens a page whose server answers by `answer`, and returns what the page reports. */
async function reportOf(kind: Kind, answer: RequestListener): Promise<Report> {
  const reports: Report[] = [];
  const server = makeServer(kind, (req, res) => {
    if (req.url !== "/report") return answer(req, res);
    void text(req).then((body) => reports.push(JSON.parse(body) as Report));
    return res.end();
  });
  await open(server);
  openInBrowser(`${isTls(kind) ? "https" : "http"}://localhost:${portOf(server)}/page`);
  await until(() => reports.length > 0);
  return reports[0] as Report;
}

test.skipIf(lacks("chromium")).for(["http", "https", "h2"] as const)(
  "%s: the page has the numbers of its own connection",
  async (kind) => {
    let [before, after]: Metric[][] = [[], []];
    const report = await reportOf(kind, (req, res) => {
      if (req.url !== "/page") return res.writeHead(404).end();
      res.setHeader("Server-Timing", 'db;dur=53;desc="a, \\"b\\""');
      res.setHeader("Content-Type", "text/html");
      before = metricsOf(req);
      appendServerTiming(res, { fields: ["rttMs", "minRttMs", "rttVarMs", "retransmittedSegments"] });
      after = metricsOf(req);
      return res.end(page([]));
    });
    const [own, ...metrics] = report["/page"] ?? [];
    expect(own).toEqual({ name: "db", duration: 53, description: 'a, "b"' });
    expect(metrics).toHaveLength(4);
    // An acknowledgement may have come meanwhile.
    for (const [index, metric] of metrics.entries()) expect([before?.[index], after?.[index]]).toContainEqual(metric);
  },
);

function metricsOf(req: IncomingMessage): Metric[] {
  const info = tryGetTcpInfo(req);
  if (info?.platform !== "linux") throw new Error("not on Linux");
  return [
    { name: "tcp-rtt", duration: info.rttMs ?? NaN, description: "TCP RTT" },
    { name: "tcp-min-rtt", duration: info.minRttMs ?? NaN, description: "TCP RTT min" },
    { name: "tcp-rtt-var", duration: info.rttVarMs ?? NaN, description: "TCP RTT var" },
    { name: "tcp-retransmitted", duration: 0, description: `TCP retransmitted ${info.retransmittedSegments}` },
  ];
}

test.skipIf(lacks("chromium"))("another origin's numbers are shown only with Timing-Allow-Origin", async () => {
  const resource = (allow: string | undefined) => (_: IncomingMessage, res: ServerResponse) => {
    res.setHeader("Access-Control-Allow-Origin", "*");
    if (allow !== undefined) res.setHeader("Timing-Allow-Origin", allow);
    appendServerTiming(res, { fields: ["rttMs"] });
    res.end("ok");
  };
  const [hidden, shown] = await Promise.all([
    open(makeServer("http", resource(undefined))),
    open(makeServer("http", resource("*"))),
  ]);
  const others = [`http://127.0.0.1:${portOf(hidden)}/hidden`, `http://127.0.0.1:${portOf(shown)}/shown`];
  const report = await reportOf("http", (req, res) => {
    if (req.url !== "/page") return res.writeHead(404).end();
    res.setHeader("Content-Type", "text/html");
    return res.end(page(others));
  });
  expect(report["/hidden"]).toEqual([]);
  expect(report["/shown"]).toMatchObject([{ name: "tcp-rtt", description: "TCP RTT" }]);
  expect(report["/page"]).toEqual([]);
});
