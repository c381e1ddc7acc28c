// The metrics of registerMetrics as OpenTelemetry's Prometheus exporter prints them.
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { registerMetrics } from "sockinfo/opentelemetry";
import { expect, onTestFinished, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";

/** The text of a scrape, over HTTP. */
async function startExporter(): Promise<{ provider: MeterProvider; scrape: () => Promise<string> }> {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const server = await open(http.createServer((req, res) => exporter.getMetricsRequestHandler(req, res)));
  onTestFinished(async () => provider.shutdown());
  const { port } = server.address() as AddressInfo;
  return { provider, scrape: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text() };
}

/** `name{labels} value` → value, without the labels that the exporter adds to all series. */
function series(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line.startsWith("sockinfo_"));
  return new Map(
    lines.map((line) => {
      const [, name = "", labels = "", value] = /^(\w+)\{(.*)\} (\S+)/.exec(line) ?? [];
      const own = labels.split(",").filter((label) => !label.startsWith("otel_scope_"));
      return [`${name}{${own.join(",")}}`, Number(value)];
    }),
  );
}

test("a scrape has the connections, requests and bytes that the client counts", async () => {
  const { provider, scrape } = await startExporter();
  const server = await open(makeServer("http"));
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  registerMetrics(tracker, { meter: provider.getMeter("test") });
  const client = await connectHttp1(server, "http");
  const live = await connectHttp1(server, "http");
  await client.get();
  await client.get();
  await live.get();
  client.end();
  await once(tracker, "closed");
  const text = await scrape();
  const values = series(text);
  expect(Object.fromEntries(values)).toMatchObject({
    "sockinfo_connection_opened_total{}": 2,
    'sockinfo_connection_count{network_connection_state="idle"}': 1,
    'sockinfo_connection_count{network_connection_state="active"}': 0,
    'sockinfo_connection_closed_total{sockinfo_connection_close_reason="client-end"}': 1,
    "sockinfo_connection_requests_count{}": 1,
    "sockinfo_connection_requests_sum{}": 2,
    "sockinfo_connection_duration_count{}": 1,
  });
  expect([...values.values()].filter((value) => !Number.isFinite(value))).toEqual([]);
  if (process.platform !== "linux") return;
  const received = client.wire.bytesWritten + live.wire.bytesWritten;
  expect(values.get('sockinfo_tcp_io_total{network_io_direction="receive"}')).toBe(received);
  expect(values.get("sockinfo_tcp_rtt_count{}")).toBe(1);
  expect(values.get('sockinfo_tcp_rtt_bucket{le="+Inf"}')).toBe(1);
  expect(text).toContain("# TYPE sockinfo_tcp_rtt histogram");
  expect(text).toContain("# TYPE sockinfo_tcp_rtt_p99 gauge");
});
