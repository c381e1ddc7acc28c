// A server under the newer SDK. Prints the numbers of its metrics and the attributes of a span as JSON.
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { ConnectionInstrumentation, createSpanHooks } from "sockinfo/opentelemetry";

const load = createRequire(new URL("packages/package.json", import.meta.url));
const { registerInstrumentations } = load("@opentelemetry/instrumentation");
const { HttpInstrumentation } = load("@opentelemetry/instrumentation-http");
const { MeterProvider, MetricReader } = load("@opentelemetry/sdk-metrics");
const { PrometheusExporter } = load("@opentelemetry/exporter-prometheus");
const { TracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = load("@opentelemetry/sdk-trace");

class OnDemandReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const [reader, prometheus] = [new OnDemandReader(), new PrometheusExporter({ preventServerStart: true })];
const exporter = new InMemorySpanExporter();
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(createSpanHooks()), new ConnectionInstrumentation()],
  meterProvider: new MeterProvider({ readers: [reader, prometheus] }),
  tracerProvider: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
});
load("node:http");

const server = http.createServer((_, res) => void res.end("ok"));
await once(server.listen(0, "127.0.0.1"), "listening");
const port = portOf(server);
for (let count = 0; count < 3; count++) {
  const [res] = await once(http.get({ host: "127.0.0.1", port, agent: false }), "response");
  await once(res.resume(), "close");
}

/** @param {import("node:http").Server} listening */
function portOf(listening) {
  return /** @type {import("node:net").AddressInfo} */ (listening.address()).port;
}

/**
 * The sums of all points, by the names of metrics.
 *
 * @returns {Promise<Record<string, number>>}
 */
async function collect() {
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw errors[0];
  /** @type {Record<string, number>} */
  const found = {};
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    for (const { descriptor, dataPoints } of metrics) {
      if (!descriptor.name.startsWith("sockinfo.")) continue;
      found[descriptor.name] = 0;
      for (const { value } of dataPoints) found[descriptor.name] += value.count ?? value;
    }
  }
  return found;
}

let sums = await collect();
while (sums["sockinfo.connection.closed"] !== 3) sums = await collect();
const scrape = http.createServer((req, res) => prometheus.getMetricsRequestHandler(req, res)).listen(0, "127.0.0.1");
await once(scrape, "listening");
const text = await (await fetch(`http://127.0.0.1:${portOf(scrape)}/`)).text();
const printed = /^sockinfo_connection_requests_sum\S* (\d+)$/m.exec(text)?.[1];
/** @type {{ kind: number, attributes: object }[]} */
const spans = exporter.getFinishedSpans();
const span = spans.find(({ kind }) => kind === 1);
const names = Object.keys(span?.attributes ?? {}).filter((name) => name.startsWith("sockinfo."));
console.log(JSON.stringify({ sums, printed, names }));
process.exit();
