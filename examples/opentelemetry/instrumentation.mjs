// Starts OpenTelemetry before the program: metrics for Prometheus, and the spans of requests on stdout. Any other
// exporter can take their place.
// @ts-check
import { createRequire } from "node:module";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { ConnectionInstrumentation, createSpanHooks } from "sockinfo/opentelemetry";

const metricsPort = Number(process.env.METRICS_PORT ?? 9464);

registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(createSpanHooks()),
    // Prometheus has connections of its own, to the exporter's server.
    new ConnectionInstrumentation({
      classify: ({ local }) => (local && "port" in local && local.port === metricsPort ? "metrics" : "app"),
    }),
  ],
  meterProvider: new MeterProvider({ readers: [new PrometheusExporter({ host: "localhost", port: metricsPort })] }),
  tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }),
});

// HttpInstrumentation patches node:http when CommonJS requires it. An import would not be enough.
createRequire(import.meta.url)("node:http");

console.error(`curl http://localhost:${metricsPort}/metrics`);
